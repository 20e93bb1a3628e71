// Many subscribers of the supervisor's WebSocket in one thread, as `ops/bench realtime` has them.
//
//     subscribers HOST PORT COUNT STUCK        the key stands in the environment: REALTIME_KEY
//
// All join channel `messages` (version 1.0.0 of the protocol); STUCK more join and then never read. It prints "ready" when all have joined. For
// each line on standard input it prints what came since the line before, as one line of JSON: latencies in milliseconds from the row's
// `created_at` (the time of the writer's transaction, which is before its COMMIT) to the arrival of the frame. "quit" ends it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    BUCKETS = 1000000,      // of 20 microseconds each: up to 20 s
    BUCKET_NS = 20000,
    BUFFER = 1 << 20,       // bytes of one frame at most
    HEARTBEAT_S = 25,       // as the clients on PyPI have it
    STUCK_BUFFER = 4096,    // what the kernel takes for one who does not read
};

enum state { HANDSHAKE, JOINING, JOINED, CLOSED };

struct subscriber {
    int fd;
    enum state state;
    bool stuck;
    uint8_t *data;          // of a frame that has not come whole
    size_t length, capacity;
    uint64_t messages, checksum, last;
    uint64_t out_of_order;
};

static struct subscriber *all;
static int count, stuck, joined, closed;
static uint32_t *buckets;
static uint64_t measured;

static void fail(const char *what) {
    fprintf(stderr, "subscribers: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void send_text(struct subscriber *s, const char *text) {
    size_t length = strlen(text);
    uint8_t frame[1024];
    size_t head = 0;
    frame[head++] = 0x81;
    if (length < 126) {
        frame[head++] = 0x80 | length;
    } else {
        frame[head++] = 0x80 | 126;
        frame[head++] = length >> 8;
        frame[head++] = length & 255;
    }
    memset(frame + head, 0, 4);  // a mask of zeros
    head += 4;
    memcpy(frame + head, text, length);
    if (send(s->fd, frame, head + length, MSG_NOSIGNAL) != (ssize_t)(head + length) && s->state != CLOSED && !s->stuck) fail("send");
}

static void drop(struct subscriber *s, int epoll) {
    if (s->state == CLOSED) return;
    epoll_ctl(epoll, EPOLL_CTL_DEL, s->fd, NULL);
    close(s->fd);
    free(s->data);
    s->data = NULL;
    s->state = CLOSED;
    closed++;
}

// "2026-11-22T17:00:00.123456+00:00", as Postgres prints it in UTC; -1 for anything else.
static int64_t parse_time(const char *text, const char *end) {
    struct tm tm = {0};
    if (end - text < 25 || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t ns = 0, scale = 100000000;
    text += 19;
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++, scale /= 10) ns += (*text - '0') * scale;
    if (strncmp(text, "+00:00", 6) != 0) return -1;
    return timegm(&tm) * 1000000000LL + ns;
}

static void took(struct subscriber *s, const char *text, size_t length, int64_t now) {
    static const char insert[] = "\"event\":\"insert\"", created[] = "\"created_at\":\"", meta[] = "\"meta\":{\"id\":\"";
    if (s->state == JOINING && memmem(text, length, "\"status\":\"ok\"", 13)) {
        s->state = JOINED;
        joined++;
        return;
    }
    const char *id = memmem(text, length, meta, sizeof meta - 1);
    if (!id) return;
    uint64_t number = strtoull(id + sizeof meta - 1, NULL, 10);
    if (number <= s->last) s->out_of_order++;
    s->last = number;
    s->messages++;
    s->checksum = s->checksum * 1099511628211u + number;
    if (!memmem(text, length, insert, sizeof insert - 1)) return;
    const char *at = memmem(text, length, created, sizeof created - 1);
    if (!at) return;
    int64_t began = parse_time(at + sizeof created - 1, text + length);
    if (began < 0) return;
    int64_t bucket = (now - began) / BUCKET_NS;
    buckets[bucket < 0 ? 0 : bucket >= BUCKETS ? BUCKETS - 1 : bucket]++;
    measured++;
}

// Takes whole frames out of what has come.
static void frames(struct subscriber *s, int epoll, int64_t now) {
    size_t at = 0;
    while (s->length - at >= 2) {
        uint8_t *data = s->data + at;
        size_t head = 2, length = data[1] & 127;
        if (length == 126) head = 4;
        if (length == 127) head = 10;
        if (s->length - at < head) break;
        if (head > 2) {
            length = 0;
            for (size_t i = 2; i < head; i++) length = length << 8 | data[i];
        }
        if (length > BUFFER) fail("a frame is too long");
        if (s->length - at < head + length) break;
        switch (data[0] & 15) {
        case 1: took(s, (const char *)data + head, length, now); break;
        case 8: drop(s, epoll); return;
        }
        at += head + length;
    }
    memmove(s->data, s->data + at, s->length - at);
    s->length -= at;
}

static void receive(struct subscriber *s, int epoll) {
    if (s->stuck && s->state == JOINED) return;
    for (;;) {
        if (s->capacity - s->length < 65536) {
            s->capacity = s->length + 131072;
            s->data = realloc(s->data, s->capacity);
            if (!s->data) fail("memory");
        }
        ssize_t got = recv(s->fd, s->data + s->length, s->capacity - s->length - 1, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) {
            drop(s, epoll);
            return;
        }
        int64_t now = clock_ns();
        s->length += got;
        s->data[s->length] = 0;
        if (s->state == HANDSHAKE) {
            uint8_t *end = memmem(s->data, s->length, "\r\n\r\n", 4);
            if (!end) continue;
            if (memcmp(s->data, "HTTP/1.1 101", 12) != 0) {
                fprintf(stderr, "subscribers: refused: %.*s\n", (int)s->length, s->data);
                exit(1);
            }
            s->length -= end + 4 - s->data;
            memmove(s->data, end + 4, s->length);
            s->state = JOINING;
            send_text(s, "{\"topic\":\"realtime:messages\",\"event\":\"phx_join\",\"payload\":{\"config\":{}},\"ref\":\"1\",\"join_ref\":\"1\"}");
        }
        frames(s, epoll, now);
        if (s->state == CLOSED) return;
    }
}

static void open_one(struct subscriber *s, const struct sockaddr_in *address, const char *key, int epoll) {
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (s->fd < 0) fail("socket");
    int small = STUCK_BUFFER, one = 1;
    if (s->stuck) setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(s->fd, (const struct sockaddr *)address, sizeof *address) < 0) fail("connect");
    char request[10000];
    int length = snprintf(
        request, sizeof request,
        "GET /realtime/v1/websocket?vsn=1.0.0 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\napikey: %s\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        key);
    if (length >= (int)sizeof request || send(s->fd, request, length, MSG_NOSIGNAL) != length) fail("handshake");
    fcntl(s->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &event) < 0) fail("epoll_ctl");
}

static double percentile(double share) {
    uint64_t wanted = measured * share, seen = 0;
    for (int i = 0; i < BUCKETS; i++)
        if ((seen += buckets[i]) > wanted) return (i + 1) * (BUCKET_NS / 1e6);
    return 0;
}

static void report(void) {
    uint64_t least = UINT64_MAX, most = 0, checksum = 0, out_of_order = 0;
    bool same = true, first = true;
    int lost = 0;
    for (int i = 0; i < count + stuck; i++) {
        struct subscriber *s = &all[i];
        if (s->stuck) continue;
        if (s->state == CLOSED) {
            lost++;
            continue;
        }
        if (s->messages < least) least = s->messages;
        if (s->messages > most) most = s->messages;
        if (!first && s->checksum != checksum) same = false;
        checksum = s->checksum;
        first = false;
        out_of_order += s->out_of_order;
    }
    int last = BUCKETS;
    while (last > 0 && !buckets[last - 1]) last--;
    printf("{\"measured\":%llu,\"least\":%llu,\"most\":%llu,\"same\":%s,\"out_of_order\":%llu,\"lost\":%d,\"closed\":%d,"
           "\"p50\":%.2f,\"p99\":%.2f,\"p999\":%.2f,\"max\":%.2f}\n",
           (unsigned long long)measured, (unsigned long long)(first ? 0 : least), (unsigned long long)most, same ? "true" : "false",
           (unsigned long long)out_of_order, lost, closed, percentile(0.5), percentile(0.99), percentile(0.999), last * (BUCKET_NS / 1e6));
    fflush(stdout);
    memset(buckets, 0, BUCKETS * sizeof *buckets);
    measured = 0;
}

int main(int argc, char **argv) {
    const char *key = getenv("REALTIME_KEY");
    if (argc != 5 || !key) {
        fprintf(stderr, "usage: REALTIME_KEY=… subscribers HOST PORT COUNT STUCK\n");
        return 64;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) fail("the address");
    count = atoi(argv[3]);
    stuck = atoi(argv[4]);
    all = calloc(count + stuck, sizeof *all);
    buckets = calloc(BUCKETS, sizeof *buckets);
    int epoll = epoll_create1(0);
    if (!all || !buckets || epoll < 0) fail("start");
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input) < 0) fail("standard input");

    int opened = 0;
    bool ready = false;
    time_t beat = time(NULL);
    for (;;) {
        // Some at a time, so that the server's backlog is never full.
        while (opened < count + stuck && opened - joined - closed < 50) {
            all[opened].stuck = opened >= count;
            open_one(&all[opened], &address, key, epoll);
            opened++;
        }
        if (!ready && joined == count + stuck) {
            ready = true;
            puts("ready");
            fflush(stdout);
        }
        struct epoll_event events[256];
        int got = epoll_wait(epoll, events, 256, 1000);
        for (int i = 0; i < got; i++) {
            struct subscriber *s = events[i].data.ptr;
            if (!s) {
                char line[256];
                ssize_t length = read(0, line, sizeof line - 1);
                if (length <= 0) return 0;
                line[length] = 0;
                if (strstr(line, "quit")) return 0;
                report();
            } else if (s->stuck && s->state == JOINED) {
                if (events[i].events & (EPOLLERR | EPOLLHUP)) drop(s, epoll);
                // What comes stays where it is: only the end of the connection is looked for.
                struct epoll_event none = {.events = 0, .data.ptr = s};
                if (s->state != CLOSED) epoll_ctl(epoll, EPOLL_CTL_MOD, s->fd, &none);
            } else if (s->state != CLOSED) {
                receive(s, epoll);
            }
        }
        if (time(NULL) - beat >= HEARTBEAT_S) {
            beat = time(NULL);
            for (int i = 0; i < opened; i++)
                if (all[i].state == JOINED) send_text(&all[i], "{\"topic\":\"phoenix\",\"event\":\"heartbeat\",\"payload\":{},\"ref\":null}");
        }
    }
}
