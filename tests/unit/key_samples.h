// SPDX-License-Identifier: MIT
// Keys for the tests of keys: those of the RFCs and one fresh of each kind.
#pragma once

#include "base/encoding.h"
#include "base/error.h"
#include "crypto/key.h"
#include "crypto/openssl.h"
#include "unit/error_of.h"

#include <string>
#include <utility>
#include <vector>

namespace acmeproxy {

inline std::string decode(std::string_view text)
{
    return base64url_decode(text).value();
}

// RFC 7515, appendix A.3.
inline const std::string p256_x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
inline const std::string p256_y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
inline const std::string es256_payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9le"
    "GFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
inline const std::string es256_signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8IS"
    "lSApmWQxfKTUJqPP3-Kg6NU1Q";
// RFC 7515, appendix A.2.
inline const std::string rsa_n =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4"
    "QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdb"
    "BYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-D"
    "WNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
inline const std::string rs256_signature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5ju"
    "jGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07"
    "Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipU"
    "TI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
// RFC 8037, appendix A.
inline const std::string ed25519_x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
inline const std::string eddsa_message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
inline const std::string eddsa_signature =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGj"
    "g5BhVsPt9g7sVvpAr_MuM0KAg";

inline PublicKey p256_key()
{
    return PublicKey::from_ec_point("P-256", decode(p256_x), decode(p256_y));
}

/// One of each, made once: RSA takes a while.
inline const std::vector<std::pair<KeyType, PrivateKey>> &all_keys()
{
    static const std::vector<std::pair<KeyType, PrivateKey>> keys = [] {
        std::vector<std::pair<KeyType, PrivateKey>> made;
        for (const KeyType type :
             {KeyType::ec256, KeyType::ec384, KeyType::rsa2048, KeyType::ed25519})
            made.emplace_back(type, PrivateKey::generate(type));
        return made;
    }();
    return keys;
}

inline PrivateKey generate_p521()
{
    return PrivateKey(KeyHandle(EVP_EC_gen("P-521")));
}

}
