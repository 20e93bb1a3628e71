// Chooses the implementation by what this CPU can do.
#include "CAESIGE.h"
#include "aesni.h"

int caesige_is_accelerated(void) {
#if CAESIGE_X86
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("sse2");
#else
    return 0;
#endif
}

int caesige_encrypt(const uint8_t *in, uint8_t *out, size_t length, const uint8_t key[32], const uint8_t iv[32]) {
#if CAESIGE_X86
    if (caesige_is_accelerated()) {
        caesige_encrypt_aesni(in, out, length, key, iv);
        return 1;
    }
#endif
    return caesige_encrypt_fallback(in, out, length, key, iv);
}

int caesige_decrypt(const uint8_t *in, uint8_t *out, size_t length, const uint8_t key[32], const uint8_t iv[32]) {
#if CAESIGE_X86
    if (caesige_is_accelerated()) {
        caesige_decrypt_aesni(in, out, length, key, iv);
        return 1;
    }
#endif
    return caesige_decrypt_fallback(in, out, length, key, iv);
}
