/* SPDX-License-Identifier: MIT
 * sign_requests KEY.pem KID URL <NONCES >BODIES: for each nonce a line with a POST-as-GET of URL,
 * signed by ES256 (RFC 8555, section 6.3). Signing beforehand leaves the processors to the server
 * while it is measured. */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

/* base64url without padding, zero-terminated. */
static void encode(char *out, const unsigned char *data, size_t size)
{
    size_t length = (size_t)EVP_EncodeBlock((unsigned char *)out, data, (int)size);
    for (size_t i = 0; i < length; ++i)
        out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
    while (length > 0 && out[length - 1] == '=')
        out[--length] = 0;
}

/* As JWS has it: two numbers of 32 bytes (RFC 7518, section 3.4). */
static int sign(unsigned char raw[64], EVP_PKEY *key, const char *text)
{
    unsigned char der[128];
    const unsigned char *next = der;
    size_t size = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ECDSA_SIG *pair = NULL;
    int good = EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
               EVP_DigestSign(context, der, &size, (const unsigned char *)text, strlen(text)) == 1;
    good = good && (pair = d2i_ECDSA_SIG(NULL, &next, (long)size)) != NULL &&
           BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32) == 32 &&
           BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32) == 32;
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(context);
    return good;
}

int main(int argc, char **argv)
{
    char nonce[512], header[1536], text[2304], signature[128];
    unsigned char raw[64];
    FILE *const file = argc == 4 ? fopen(argv[1], "r") : NULL;
    EVP_PKEY *const key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
    if (!key || strlen(argv[2]) + strlen(argv[3]) > sizeof header - sizeof nonce - 64) {
        fputs("sign_requests: a key, a key id and a URL are needed\n", stderr);
        return 2;
    }
    while (fgets(nonce, sizeof nonce, stdin)) {
        nonce[strcspn(nonce, "\n")] = 0;
        const int size = snprintf(header, sizeof header,
                                  "{\"alg\":\"ES256\",\"kid\":\"%s\",\"nonce\":\"%s\",\"url\":\"%s\"}",
                                  argv[2], nonce, argv[3]);
        encode(text, (const unsigned char *)header, (size_t)size);
        const size_t length = strlen(text);
        strcpy(text + length, "."); /* the payload is empty */
        if (!sign(raw, key, text))
            return 1;
        encode(signature, raw, sizeof raw);
        printf("{\"protected\":\"%.*s\",\"payload\":\"\",\"signature\":\"%s\"}\n", (int)length, text,
               signature);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
