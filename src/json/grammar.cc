// SPDX-License-Identifier: MIT
#include "json/grammar.h"

#include "base/text.h"
#include "json/json.h"

#include <charconv>

namespace acmeproxy {

namespace {

/// cJSON copies a number into a buffer of 64 bytes and goes on behind what fitted.
constexpr std::size_t max_number_size = 63;

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::vector<std::size_t> document()
    {
        // cJSON takes a byte order mark, any control character as white space, and trailing bytes.
        skip_space();
        value(0);
        skip_space();
        if (at_ != text_.size())
            fail("unexpected text after the value");
        return std::move(name_offsets_);
    }

private:
    [[noreturn]] void fail(const std::string &what) { fail(what, at_); }
    [[noreturn]] static void fail(const std::string &what, std::size_t where)
    {
        throw JsonError(what + " at byte " + std::to_string(where));
    }

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c)
    {
        if (at_ >= text_.size() || text_[at_] != c)
            return false;
        ++at_;
        return true;
    }
    void expect(char c)
    {
        if (!take(c))
            fail(std::string("expected '") + c + "'");
    }
    void skip_space()
    {
        while (take(' ') || take('\t') || take('\n') || take('\r')) {
        }
    }

    void value(int depth)
    {
        switch (peek()) {
        case '{':
            return object(depth + 1);
        case '[':
            return array(depth + 1);
        case '"':
            return string();
        case 't':
            return literal("true");
        case 'f':
            return literal("false");
        case 'n':
            return literal("null");
        default:
            if (peek() != '-' && !is_digit(peek()))
                fail("expected a value");
            return number();
        }
    }

    void literal(std::string_view word)
    {
        if (text_.substr(at_, word.size()) != word)
            fail("expected a value");
        at_ += word.size();
    }

    void check_depth(int depth)
    {
        if (depth > max_json_depth)
            fail("nested deeper than " + std::to_string(max_json_depth));
    }

    void object(int depth)
    {
        check_depth(depth);
        expect('{');
        skip_space();
        if (take('}'))
            return;
        do {
            skip_space();
            name_offsets_.push_back(at_);
            if (peek() != '"')
                fail("expected a member name");
            string();
            skip_space();
            expect(':');
            skip_space();
            value(depth);
            skip_space();
        } while (take(','));
        expect('}');
    }

    void array(int depth)
    {
        check_depth(depth);
        expect('[');
        skip_space();
        if (take(']'))
            return;
        do {
            skip_space();
            value(depth);
            skip_space();
        } while (take(','));
        expect(']');
    }

    void string()
    {
        const std::size_t start = at_;
        expect('"');
        while (!take('"')) {
            if (at_ == text_.size())
                fail("string without an end", start);
            if (static_cast<unsigned char>(text_[at_]) < 0x20)
                fail("control character in a string");
            if (take('\\'))
                escape();
            else
                ++at_;
        }
        if (!is_valid_utf8(text_.substr(start, at_ - start)))
            fail("string that is not UTF-8", start);
    }

    void escape()
    {
        const std::size_t start = at_ - 1;
        if (!take('u')) {
            if (peek() == '\0' ||
                std::string_view("\"\\/bfnrt").find(peek()) == std::string_view::npos)
                fail("unknown escape", start);
            ++at_;
            return;
        }
        const int unit = hex4(start);
        if (unit == 0)
            fail("NUL in a string", start);
        if (unit >= 0xDC00 && unit <= 0xDFFF)
            fail("lone surrogate", start);
        if (unit < 0xD800 || unit > 0xDBFF)
            return;
        if (!take('\\') || !take('u'))
            fail("lone surrogate", start);
        const int low = hex4(start);
        if (low < 0xDC00 || low > 0xDFFF)
            fail("lone surrogate", start);
    }

    int hex4(std::size_t start)
    {
        const std::string_view digits = text_.substr(at_, 4);
        int unit = 0;
        const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
        if (digits.size() != 4 || digits[0] == '-' || end.ptr != digits.data() + 4)
            fail("unknown escape", start);
        at_ += 4;
        return unit;
    }

    void digits(std::size_t start)
    {
        if (!is_digit(peek()))
            fail("ill-formed number", start);
        while (is_digit(peek()))
            ++at_;
    }

    void number()
    {
        const std::size_t start = at_;
        take('-');
        if (!take('0'))
            digits(start);
        bool is_whole = true;
        if (take('.')) {
            is_whole = false;
            digits(start);
        }
        if (take('e') || take('E')) {
            is_whole = false;
            if (!take('+'))
                take('-');
            digits(start);
        }
        check_range(start, is_whole);
    }

    void check_range(std::size_t start, bool is_whole)
    {
        const char *begin = text_.data() + start;
        const char *end = text_.data() + at_;
        if (at_ - start > max_number_size)
            fail("number out of range", start);
        if (is_whole) {
            long long number = 0;
            const auto result = std::from_chars(begin, end, number);
            if (result.ec != std::errc() || number > max_json_integer || number < -max_json_integer)
                fail("number out of range", start);
            return;
        }
        double number = 0;
        if (std::from_chars(begin, end, number).ec != std::errc())
            fail("number out of range", start);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<std::size_t> name_offsets_;
};

}

std::vector<std::size_t> check_json_grammar(std::string_view text)
{
    return Scanner(text).document();
}

}
