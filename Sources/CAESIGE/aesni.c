// AES-256-IGE on Intel's AES instructions: the key schedule once a call, the two chaining values in registers.
//
// The chain is serial, so the speed is the latency of 14 rounds; nothing here could run blocks side by side.
// Key expansion follows Intel's "AES New Instructions Set" white paper.
#include "aesni.h"

#if CAESIGE_X86

#include <immintrin.h>
#include <openssl/crypto.h>

#define AES __attribute__((target("aes,sse2")))
#define INLINE static inline __attribute__((always_inline, target("aes,sse2")))

enum { rounds = 14 };

// t ^ t<<32 ^ t<<64 ^ t<<96: the running XOR over the four words of a round key.
INLINE __m128i spread(__m128i t) {
    t = _mm_xor_si128(t, _mm_slli_si128(t, 4));
    return _mm_xor_si128(t, _mm_slli_si128(t, 8));
}

INLINE __m128i even(__m128i previous, __m128i assist) { return _mm_xor_si128(spread(previous), _mm_shuffle_epi32(assist, 0xff)); }
INLINE __m128i odd(__m128i previous, __m128i assist) { return _mm_xor_si128(spread(previous), _mm_shuffle_epi32(assist, 0xaa)); }

// The round constant must be an immediate, hence no loop.
AES static void expand(const uint8_t key[32], __m128i k[rounds + 1]) {
    k[0] = _mm_loadu_si128((const __m128i *)key);
    k[1] = _mm_loadu_si128((const __m128i *)(key + 16));
#define PAIR(i, constant) \
    k[i] = even(k[i - 2], _mm_aeskeygenassist_si128(k[i - 1], constant)); \
    k[i + 1] = odd(k[i - 1], _mm_aeskeygenassist_si128(k[i], 0))
    PAIR(2, 0x01);
    PAIR(4, 0x02);
    PAIR(6, 0x04);
    PAIR(8, 0x08);
    PAIR(10, 0x10);
    PAIR(12, 0x20);
#undef PAIR
    k[14] = even(k[12], _mm_aeskeygenassist_si128(k[13], 0x40));
}

// The equivalent inverse cipher wants the schedule backwards, its inner keys through InvMixColumns.
AES static void invert(const __m128i k[rounds + 1], __m128i inverse[rounds + 1]) {
    inverse[0] = k[rounds];
    for (int i = 1; i < rounds; i++) inverse[i] = _mm_aesimc_si128(k[rounds - i]);
    inverse[rounds] = k[0];
}

AES void caesige_encrypt_aesni(const uint8_t *in, uint8_t *out, size_t length, const uint8_t key[32], const uint8_t iv[32]) {
    __m128i k[rounds + 1];
    expand(key, k);
    __m128i cipher = _mm_loadu_si128((const __m128i *)iv);
    __m128i plain = _mm_loadu_si128((const __m128i *)(iv + 16));
    for (size_t i = 0; i + 16 <= length; i += 16) {
        const __m128i next = _mm_loadu_si128((const __m128i *)(in + i));
        // Only `cipher` is on the critical path: the whitening of the block is done beside it.
        __m128i b = _mm_xor_si128(_mm_xor_si128(next, k[0]), cipher);
        for (int r = 1; r < rounds; r++) b = _mm_aesenc_si128(b, k[r]);
        cipher = _mm_aesenclast_si128(b, _mm_xor_si128(k[rounds], plain));
        plain = next;
        _mm_storeu_si128((__m128i *)(out + i), cipher);
    }
    OPENSSL_cleanse(k, sizeof k);
}

AES void caesige_decrypt_aesni(const uint8_t *in, uint8_t *out, size_t length, const uint8_t key[32], const uint8_t iv[32]) {
    __m128i k[rounds + 1], d[rounds + 1];
    expand(key, k);
    invert(k, d);
    __m128i cipher = _mm_loadu_si128((const __m128i *)iv);
    __m128i plain = _mm_loadu_si128((const __m128i *)(iv + 16));
    for (size_t i = 0; i + 16 <= length; i += 16) {
        const __m128i next = _mm_loadu_si128((const __m128i *)(in + i));
        __m128i b = _mm_xor_si128(_mm_xor_si128(next, d[0]), plain);
        for (int r = 1; r < rounds; r++) b = _mm_aesdec_si128(b, d[r]);
        plain = _mm_aesdeclast_si128(b, _mm_xor_si128(d[rounds], cipher));
        cipher = next;
        _mm_storeu_si128((__m128i *)(out + i), plain);
    }
    OPENSSL_cleanse(k, sizeof k);
    OPENSSL_cleanse(d, sizeof d);
}

#endif
