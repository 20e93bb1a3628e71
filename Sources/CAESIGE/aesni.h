#ifndef CAESIGE_AESNI_H
#define CAESIGE_AESNI_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#define CAESIGE_X86 1
void caesige_encrypt_aesni(const uint8_t *in, uint8_t *out, size_t length, const uint8_t key[32], const uint8_t iv[32]);
void caesige_decrypt_aesni(const uint8_t *in, uint8_t *out, size_t length, const uint8_t key[32], const uint8_t iv[32]);
#else
#define CAESIGE_X86 0
#endif

#endif
