// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "patterns/gateway/graphql_query.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

enum class token_kind : std::uint8_t { end, punctuator, name, integer, real, string };

struct token {
    token_kind kind = token_kind::end;
    std::string_view text{}; ///< of a string without its quotes
    int line = 1;
    int column = 1;
};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class lexer {
  public:
    lexer(std::string_view text, const graphql_limits& limits) : text_(text), limits_(limits) {}

    token next() {
        skip_ignored();
        token t{.line = line_, .column = column()};
        if (at_ == text_.size())
            return t;
        if (++tokens_ > limits_.max_tokens)
            fail("too many tokens", t);
        const auto start = at_;
        const char c = text_[at_];
        if (is_letter(c)) {
            take_while([](char x) { return is_letter(x) || is_digit(x); });
            t.kind = token_kind::name;
        } else if (is_digit(c) || c == '-') {
            t.kind = number(t);
        } else if (c == '"') {
            t.kind = token_kind::string;
            t.text = string(t);
            return t;
        } else {
            t.kind = token_kind::punctuator;
            at_ += text_.substr(at_).starts_with("...") ? 3 : 1;
            if (at_ == start + 1 && std::string_view{"!$&():=@[]{|}"}.find(c) == std::string::npos)
                fail("unexpected character", t);
        }
        t.text = text_.substr(start, at_ - start);
        return t;
    }

    [[noreturn]] static void fail(const std::string& what, const token& t) {
        throw graphql_error(what, t.line, t.column);
    }

  private:
    int column() const { return static_cast<int>(at_ - line_start_) + 1; }

    template <class Is>
    std::size_t take_while(Is is) {
        const auto start = at_;
        while (at_ < text_.size() && is(text_[at_]))
            ++at_;
        return at_ - start;
    }

    void newline() {
        ++line_;
        line_start_ = at_;
    }

    void skip_ignored() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '#') {
                take_while([](char x) { return x != '\n'; });
            } else if (c == '\n') {
                ++at_;
                newline();
            } else if (c == ' ' || c == '\t' || c == '\r' || c == ',') {
                ++at_;
            } else {
                return;
            }
        }
    }

    token_kind number(const token& t) {
        at_ += text_[at_] == '-' ? 1 : 0;
        const bool zero = at_ < text_.size() && text_[at_] == '0';
        const auto digits = take_while(is_digit);
        bool good = digits > 0 && !(zero && digits > 1);
        auto kind = token_kind::integer;
        if (at_ < text_.size() && text_[at_] == '.') {
            ++at_;
            kind = token_kind::real;
            good = good && take_while(is_digit) > 0;
        }
        if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
            ++at_;
            kind = token_kind::real;
            at_ += at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-') ? 1 : 0;
            good = good && take_while(is_digit) > 0;
        }
        if (!good || (at_ < text_.size() && (is_letter(text_[at_]) || text_[at_] == '.')))
            fail("not a number", t);
        return kind;
    }

    std::string_view string(const token& t) {
        const bool block = text_.substr(at_).starts_with("\"\"\"");
        const std::string_view quote = block ? "\"\"\"" : "\"";
        at_ += quote.size();
        const auto start = at_;
        while (at_ < text_.size() && !text_.substr(at_).starts_with(quote)) {
            if (text_[at_] == '\\')
                at_ += block && text_.substr(at_ + 1).starts_with(quote) ? 4 : (block ? 1 : 2);
            else if (text_[at_++] == '\n') {
                if (!block)
                    fail("a string does not end on its line", t);
                newline();
            }
        }
        if (at_ >= text_.size())
            fail("a string does not end", t);
        const auto inside = text_.substr(start, at_ - start);
        at_ += quote.size();
        return inside;
    }

    std::string_view text_;
    const graphql_limits& limits_;
    std::size_t at_ = 0;
    std::size_t line_start_ = 0;
    int line_ = 1;
    int tokens_ = 0;
};

class parser {
  public:
    parser(std::string_view text, const graphql_limits& limits)
        : lexer_(text, limits), limits_(limits), t_(lexer_.next()) {}

    graphql_document document() {
        graphql_document d;
        do {
            if (is("fragment"))
                fragment(d);
            else
                d.operations.push_back(operation());
        } while (t_.kind != token_kind::end);
        return d;
    }

  private:
    bool is(std::string_view text) const {
        return t_.kind != token_kind::string && t_.kind != token_kind::end && t_.text == text;
    }
    void advance() { t_ = lexer_.next(); }
    bool take(std::string_view text) {
        const bool there = is(text);
        if (there)
            advance();
        return there;
    }
    void expect(std::string_view text) {
        if (!take(text))
            unexpected(std::string{text});
    }
    [[noreturn]] void unexpected(const std::string& wanted) const {
        lexer::fail("expected " + wanted + ", found " +
                        (t_.kind == token_kind::end ? "the end" : std::string{t_.text}),
                    t_);
    }
    std::string name() {
        if (t_.kind != token_kind::name)
            unexpected("a name");
        std::string text{t_.text};
        advance();
        return text;
    }

    void fragment(graphql_document& d) {
        advance();
        const auto place = t_;
        const auto key = name();
        if (key == "on")
            lexer::fail("a fragment cannot be named on", place);
        expect("on");
        name();
        directives();
        if (!d.fragments.emplace(key, selections(1)).second)
            lexer::fail("the fragment " + key + " is given twice", place);
    }

    graphql_operation operation() {
        graphql_operation o;
        if (!is("{")) {
            if (!is("query") && !is("mutation") && !is("subscription"))
                unexpected("an operation");
            o.type = name();
            if (t_.kind == token_kind::name)
                o.name = name();
            variables(o);
            directives();
        }
        o.selections = selections(1);
        return o;
    }

    void variables(graphql_operation& o) {
        if (!take("("))
            return;
        do {
            expect("$");
            graphql_variable v{name(), {}};
            expect(":");
            v.type = type(1);
            v.has_default = take("=");
            if (v.has_default)
                v.fallback = value(1);
            directives();
            o.variables.push_back(std::move(v));
        } while (!take(")"));
    }

    std::string type(int depth) {
        check_depth(depth);
        std::string text;
        if (take("[")) {
            text = "[" + type(depth + 1) + "]";
            expect("]");
        } else {
            text = name();
        }
        return take("!") ? text + "!" : text;
    }

    void check_depth(int depth) const {
        if (depth > limits_.max_depth)
            lexer::fail("too deep", t_);
    }

    std::vector<graphql_selection> selections(int depth) {
        check_depth(depth);
        expect("{");
        std::vector<graphql_selection> all;
        do
            all.push_back(selection(depth));
        while (!take("}"));
        return all;
    }

    graphql_selection selection(int depth) {
        graphql_selection s{.line = t_.line, .column = t_.column};
        if (take("...")) {
            const bool typed = take("on");
            const bool named = t_.kind == token_kind::name;
            s.what = !typed && named ? graphql_selection::kind::spread
                                     : graphql_selection::kind::inline_fragment;
            if (typed || named)
                s.name = name();
            s.directives = directives();
            if (s.what == graphql_selection::kind::inline_fragment)
                s.selections = selections(depth + 1);
            return s;
        }
        s.key = s.name = name();
        if (take(":")) {
            if (++aliases_ > limits_.max_aliases)
                lexer::fail("too many aliases", t_);
            s.name = name();
        }
        s.arguments = arguments();
        s.directives = directives();
        if (is("{"))
            s.selections = selections(depth + 1);
        return s;
    }

    graphql_arguments arguments() {
        graphql_arguments all;
        if (!take("("))
            return all;
        do {
            const auto place = t_;
            auto key = name();
            if (std::ranges::find(all, key, [](const auto& a) { return a.first; }) != all.end())
                lexer::fail("the argument " + key + " is given twice", place);
            expect(":");
            all.emplace_back(std::move(key), value(1));
        } while (!take(")"));
        return all;
    }

    std::vector<graphql_directive> directives() {
        std::vector<graphql_directive> all;
        while (take("@")) {
            auto directive = name();
            all.push_back({std::move(directive), arguments()});
        }
        return all;
    }

    graphql_value value(int depth) {
        check_depth(depth);
        if (take("$"))
            return {.kind = graphql_kind::variable, .text = name()};
        if (take("["))
            return list(depth);
        if (take("{"))
            return object(depth);
        graphql_value v{.kind = scalar_kind(), .text = std::string{t_.text}};
        advance();
        return v;
    }

    graphql_kind scalar_kind() const {
        switch (t_.kind) {
        case token_kind::integer:
            return graphql_kind::integer;
        case token_kind::real:
            return graphql_kind::real;
        case token_kind::string:
            return graphql_kind::string;
        case token_kind::name:
            if (is("null"))
                return graphql_kind::null;
            return is("true") || is("false") ? graphql_kind::boolean : graphql_kind::enumeration;
        case token_kind::end:
        case token_kind::punctuator:
            break;
        }
        unexpected("a value");
    }

    graphql_value list(int depth) {
        graphql_value v{.kind = graphql_kind::list};
        while (!take("]"))
            v.items.push_back(value(depth + 1));
        return v;
    }

    graphql_value object(int depth) {
        graphql_value v{.kind = graphql_kind::object};
        while (!take("}")) {
            v.names.push_back(name());
            expect(":");
            v.items.push_back(value(depth + 1));
        }
        return v;
    }

    lexer lexer_;
    const graphql_limits& limits_;
    token t_;
    int aliases_ = 0;
};

} // namespace

graphql_error::graphql_error(const std::string& what, int line, int column)
    : std::runtime_error(
          line > 0 ? std::to_string(line) + ":" + std::to_string(column) + ": " + what : what),
      line_(line), column_(column) {}

void graphql_limits::validate() const {
    const option_check check{"graphql_limits"};
    const auto in_range = [&](const char* option, int value) {
        check(value >= 1 && value <= 1'000'000, option, value, "be 1 to 1000000");
    };
    in_range("max_bytes", max_bytes);
    in_range("max_tokens", max_tokens);
    in_range("max_depth", max_depth);
    check(max_depth <= 200, "max_depth", max_depth, "be at most 200: the parser calls itself");
    in_range("max_fields", max_fields);
    in_range("max_aliases", max_aliases);
}

graphql_document parse_graphql(std::string_view text, const graphql_limits& limits) {
    limits.validate();
    if (text.size() > static_cast<std::size_t>(limits.max_bytes))
        throw graphql_error("the query is too large", 0, 0);
    return parser{text, limits}.document();
}

} // namespace windtunnel
