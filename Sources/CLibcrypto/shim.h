// libcrypto of OpenSSL 3, and the few macros that Swift cannot import.
#ifndef CLIBCRYPTO_SHIM_H
#define CLIBCRYPTO_SHIM_H

// The one-shot hash contexts and the RSA readers of 1.1 are still the shortest way; they are deprecated, not removed.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

static inline int shim_BN_num_bytes(const BIGNUM *a) { return BN_num_bytes(a); }
static inline int shim_BN_mod(BIGNUM *r, const BIGNUM *a, const BIGNUM *m, BN_CTX *ctx) { return BN_mod(r, a, m, ctx); }
static inline void shim_BN_set_constant_time(BIGNUM *a) { BN_set_flags(a, BN_FLG_CONSTTIME); }
static inline long shim_BIO_get_mem_data(BIO *b, char **p) { return BIO_get_mem_data(b, p); }
static inline int shim_GCM_get_tag(EVP_CIPHER_CTX *c, void *tag) { return EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, tag); }
static inline int shim_GCM_set_tag(EVP_CIPHER_CTX *c, void *tag) { return EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16, tag); }

#endif
