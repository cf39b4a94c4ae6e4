// SPDX-License-Identifier: MIT
// A tree of cJSON's, owned. For this folder only.
#pragma once

#include <cjson/cJSON.h>
#include <memory>

namespace acmeproxy {

struct JsonTreeFreer {
    void operator()(cJSON *tree) const { cJSON_Delete(tree); }
};
using JsonTree = std::unique_ptr<cJSON, JsonTreeFreer>;

}
