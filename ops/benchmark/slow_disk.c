/* Preloaded into what writes to the disk, this makes each fdatasync and fsync take AALTOHUB_SYNC_MICROSECONDS longer than it does here. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

static int slowed(const char *name, int file) {
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    const char *text = getenv("AALTOHUB_SYNC_MICROSECONDS");
    long microseconds = text ? atol(text) : 0;
    struct timespec left = {microseconds / 1000000, microseconds % 1000000 * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {}
    return sync(file);
}

int fdatasync(int file) { return slowed("fdatasync", file); }
int fsync(int file) { return slowed("fsync", file); }
