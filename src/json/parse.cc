// SPDX-License-Identifier: MIT
#include "json/grammar.h"
#include "json/json.h"
#include "json/tree.h"

#include "base/text.h"

#include <memory>
#include <set>

namespace acmeproxy {

namespace {

/// Makes Json values of cJSON's. Both walk in the order of the text, so that the n-th name met has
/// the n-th offset.
class Converter {
public:
    explicit Converter(const std::vector<std::size_t> &name_offsets) : name_offsets_(name_offsets)
    {
    }

    Json value(const cJSON &item)
    {
        switch (item.type & 0xFF) {
        case cJSON_True:
            return Json(true);
        case cJSON_False:
            return Json(false);
        case cJSON_Number:
            return Json::number(item.valuedouble);
        case cJSON_String:
            return Json(std::string_view(item.valuestring));
        case cJSON_Array:
            return array(item);
        case cJSON_Object:
            return object(item);
        default:
            return Json();
        }
    }

private:
    Json array(const cJSON &item)
    {
        Json::Array values;
        for (const cJSON *child = item.child; child; child = child->next)
            values.push_back(value(*child));
        return Json(std::move(values));
    }

    Json object(const cJSON &item)
    {
        Json::Object members;
        std::set<std::string_view> names;
        for (const cJSON *child = item.child; child; child = child->next) {
            const std::size_t offset = name_offsets_.at(names_met_++);
            if (!names.insert(child->string).second)
                throw JsonError("member \"" + printable(child->string, 100) +
                                "\" for the second time at byte " + std::to_string(offset));
            members.emplace_back(child->string, value(*child));
        }
        return Json(std::move(members));
    }

    const std::vector<std::size_t> &name_offsets_;
    std::size_t names_met_ = 0;
};

}

Json Json::parse(std::string_view text)
{
    const std::vector<std::size_t> name_offsets = check_json_grammar(text);
    const char *end = nullptr;
    const JsonTree tree(cJSON_ParseWithLengthOpts(text.data(), text.size(), &end, 0));
    const std::size_t parsed = end ? static_cast<std::size_t>(end - text.data()) : 0;
    if (!tree || !trim(text.substr(parsed)).empty())
        throw JsonError("not understood at byte " + std::to_string(parsed));
    return Converter(name_offsets).value(*tree);
}

}
