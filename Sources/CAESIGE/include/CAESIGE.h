// AES-256 in Infinite Garble Extension mode, as MTProto uses it: https://core.telegram.org/mtproto/description
//
// c[i] = E(p[i] ^ c[i-1]) ^ p[i-1], with c[-1] = iv[0..16) and p[-1] = iv[16..32).
// libcrypto's own runs without AES-NI, many times slower than the hardware.
#ifndef CAESIGE_H
#define CAESIGE_H

#include <stddef.h>
#include <stdint.h>

// Both take `length` bytes, a multiple of 16; `in` and `out` may be the same address, but may not overlap otherwise.
// They return 1, or 0 when libcrypto could not give memory for the fallback.
int caesige_encrypt(const uint8_t *in, uint8_t *out, size_t length, const uint8_t key[32], const uint8_t iv[32]);
int caesige_decrypt(const uint8_t *in, uint8_t *out, size_t length, const uint8_t key[32], const uint8_t iv[32]);

// 1 when the two above run on the CPU's AES instructions.
int caesige_is_accelerated(void);

// The same over libcrypto's EVP, block by block: for CPUs without these instructions, and for comparing.
int caesige_encrypt_fallback(const uint8_t *in, uint8_t *out, size_t length, const uint8_t key[32], const uint8_t iv[32]);
int caesige_decrypt_fallback(const uint8_t *in, uint8_t *out, size_t length, const uint8_t key[32], const uint8_t iv[32]);

#endif
