// AES-256-IGE over libcrypto's EVP in ECB mode, one block a call: whatever the CPU has, libcrypto finds it.
#include "CAESIGE.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

static void xor16(uint8_t *a, const uint8_t *b) {
    uint64_t x[2], y[2];
    memcpy(x, a, 16);
    memcpy(y, b, 16);
    x[0] ^= y[0];
    x[1] ^= y[1];
    memcpy(a, x, 16);
}

// IGE decrypts as it encrypts, with the two halves of the IV and their roles exchanged.
static int run(const uint8_t *in, uint8_t *out, size_t length, const uint8_t *key, const uint8_t *iv, int encrypting) {
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!context) return 0;
    int ok = EVP_CipherInit_ex(context, EVP_aes_256_ecb(), NULL, key, NULL, encrypting);
    EVP_CIPHER_CTX_set_padding(context, 0);

    uint8_t lastOut[16], lastIn[16], block[16], next[16];
    memcpy(lastOut, iv + (encrypting ? 0 : 16), 16);
    memcpy(lastIn, iv + (encrypting ? 16 : 0), 16);
    for (size_t i = 0; ok && i + 16 <= length; i += 16) {
        int written = 0;
        memcpy(next, in + i, 16);
        memcpy(block, next, 16);
        xor16(block, lastOut);
        ok = EVP_CipherUpdate(context, block, &written, block, 16) && written == 16;
        xor16(block, lastIn);
        memcpy(lastOut, block, 16);
        memcpy(lastIn, next, 16);
        memcpy(out + i, block, 16);
    }
    EVP_CIPHER_CTX_free(context);
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(next, sizeof next);
    OPENSSL_cleanse(lastOut, sizeof lastOut);
    OPENSSL_cleanse(lastIn, sizeof lastIn);
    return ok;
}

int caesige_encrypt_fallback(const uint8_t *in, uint8_t *out, size_t length, const uint8_t key[32], const uint8_t iv[32]) {
    return run(in, out, length, key, iv, 1);
}

int caesige_decrypt_fallback(const uint8_t *in, uint8_t *out, size_t length, const uint8_t key[32], const uint8_t iv[32]) {
    return run(in, out, length, key, iv, 0);
}
