// SPDX-License-Identifier: BSL-1.0
// nlohmann::json's SAX parser decides what is JSON; a cursor of our own walks the same text in step
// with its events, so that each token's place is known whatever the parser has read ahead.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "patterns/base/assert.hpp"
#include "topologies/src/document.hpp"
#include "topologies/src/document_source.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

struct text_position {
    int line = 1, column = 1;
};

/// Line and column of a place in a text, which only moves forward.
class text_cursor {
  public:
    explicit text_cursor(std::string_view text) : text_(text) {}

    bool at_end() const { return at_ >= text_.size(); }
    char peek() const { return text_[at_]; }
    std::size_t offset() const { return at_; }
    text_position position() const { return position_; }

    void skip() {
        const auto byte = static_cast<unsigned char>(text_[at_++]);
        if (byte == '\n')
            position_ = {position_.line + 1, 1};
        else if ((byte & 0xC0) != 0x80)
            ++position_.column;
    }
    void skip(std::size_t bytes) {
        for (; bytes > 0 && !at_end(); --bytes)
            skip();
    }
    void skip_any_of(std::string_view set) {
        while (!at_end() && set.find(peek()) != std::string_view::npos)
            skip();
    }
    /// Past a string's closing quote.
    void skip_string() {
        skip();
        while (!at_end() && peek() != '"')
            skip(peek() == '\\' ? 2 : 1);
        if (!at_end())
            skip();
    }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
    text_position position_;
};

constexpr std::string_view white = " \t\r\n";
constexpr std::string_view white_and_separators = " \t\r\n,:";
constexpr std::string_view of_numbers = "+-.0123456789eE";

[[noreturn]] void fail_at(const std::string& file, text_position at, std::string message) {
    throw input_error(diagnostic{{file, at.line, at.column, {}}, std::move(message), {}});
}

/// The length of the well-formed UTF-8 sequence at the beginning, 0 if there is none (RFC 3629).
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto tails = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i <= to; ++i)
            if ((byte(i) & 0xC0) != 0x80)
                return false;
        return true;
    };
    const unsigned first = byte(0), second = byte(1);
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return tails(1, 1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool overlong = first == 0xE0 && second < 0xA0;
        const bool surrogate = first == 0xED && second > 0x9F;
        return tails(1, 2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool overlong = first == 0xF0 && second < 0x90;
        const bool too_large = first == 0xF4 && second > 0x8F;
        return tails(1, 3) && !overlong && !too_large ? 4 : 0;
    }
    return 0;
}

void check_encoding(std::string_view text, const std::string& file) {
    text_cursor cursor(text);
    while (!cursor.at_end()) {
        const std::string_view rest = text.substr(cursor.offset());
        if (rest.front() == '\0')
            fail_at(file, cursor.position(),
                    "a NUL byte: this is no text file, or it is UTF-16; save it as UTF-8");
        const std::size_t length = sequence_length(rest);
        if (length == 0)
            fail_at(file, cursor.position(),
                    fmt::format("the byte 0x{:02X} is not UTF-8; save the file as UTF-8",
                                static_cast<unsigned char>(rest.front())));
        cursor.skip(length);
    }
}

/// "invalid literal", "unexpected ']'; expected string literal": the parser's words without its
/// positions, which are ours to give.
std::string reason_in(std::string_view what) {
    const std::string_view context = "while parsing ";
    if (const auto at = what.find(context); at != std::string_view::npos)
        what.remove_prefix(at + context.size());
    if (const auto at = what.find(" - "); at != std::string_view::npos)
        what.remove_prefix(at + 3);
    std::string reason(what.substr(0, what.find("; last read: ")));
    if (const auto at = what.rfind("; expected "); at != std::string_view::npos)
        if (reason.find("; expected ") == std::string::npos)
            reason += what.substr(at);
    return reason;
}

/// The first control character (C0, DEL, C1) of a UTF-8 text; prose may have lines and tabs.
std::optional<unsigned> control_character(std::string_view text, bool prose) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte == 0xC2 && i + 1 < text.size()) // U+0080 to U+00BF: their last byte is their code
            if (const auto code = static_cast<unsigned char>(text[i + 1]); code < 0xA0)
                return code;
        if ((byte < 0x20 && !(prose && (byte == '\n' || byte == '\t'))) || byte == 0x7F)
            return byte;
    }
    return {};
}

} // namespace

/// Takes the parser's events and builds the tree, which has its places but no links yet.
class document_builder {
  public:
    document_builder(std::string_view text, const std::string& file)
        : text_(text), file_(file), cursor_(text) {}

    node take() { return std::move(root_); }

    bool null() {
        scalar(node::kind::null).skip(4);
        return true;
    }
    bool boolean(bool value) {
        scalar(node::kind::boolean).skip(value ? 4 : 5);
        last_->boolean_ = value;
        return true;
    }
    bool number_integer(std::int64_t value) {
        number(static_cast<double>(value), value);
        return true;
    }
    bool number_unsigned(std::uint64_t value) {
        const bool fits = value <= static_cast<std::uint64_t>(INT64_MAX);
        number(static_cast<double>(value),
               fits ? std::optional(static_cast<std::int64_t>(value)) : std::nullopt);
        return true;
    }
    bool number_float(double value, const std::string&) {
        number(value, std::nullopt);
        return true;
    }
    bool string(std::string& value) {
        scalar(node::kind::string);
        refuse_control_characters(value, is_prose(),
                                  {last_->value_at_.line, last_->value_at_.column});
        cursor_.skip_string();
        last_->text_ = std::move(value);
        return true;
    }
    bool binary(nlohmann::json::binary_t&) { return false; } // JSON text has none
    bool start_object(std::size_t) { return open(node::kind::object); }
    bool start_array(std::size_t) { return open(node::kind::array); }
    bool key(std::string& value) {
        cursor_.skip_any_of(white_and_separators);
        key_at_ = cursor_.position();
        refuse_control_characters(value, false, key_at_);
        cursor_.skip_string();
        key_ = std::move(value);
        return true;
    }
    bool end_object() {
        refuse_repeated_keys(*open_.back());
        return close();
    }
    bool end_array() { return close(); }

    bool parse_error(std::size_t read, const std::string&, const nlohmann::json::exception& error) {
        const std::size_t last = std::min(read, text_.size()) - std::min<std::size_t>(read, 1);
        cursor_.skip_any_of(white);
        while (!cursor_.at_end() && cursor_.offset() < last &&
               (cursor_.peek() == ',' || cursor_.peek() == ':')) {
            cursor_.skip();
            cursor_.skip_any_of(white);
        }
        fail_at(file_, cursor_.position(), explanation(error.what()));
    }

  private:
    std::string explanation(std::string_view what) const {
        if (what.find("number overflow") != std::string_view::npos)
            return "the number is too large; numbers go up to about 1.8e308";
        if (text_.find_first_not_of(white) == std::string_view::npos)
            return "the file is empty; expected a JSON object";
        if (cursor_.at_end())
            return fmt::format("the text ends too early ({})", reason_in(what));
        if (cursor_.peek() == '/' || cursor_.peek() == '#')
            return "comments are not part of JSON; write a note as a key that begins with \"//\"";
        if (cursor_.peek() == '\'')
            return "text stands in double quotes in JSON, not in single ones";
        if (follows_comma() && (cursor_.peek() == ']' || cursor_.peek() == '}'))
            return fmt::format(
                "a comma before the closing {}: take it away, after the last element "
                "JSON has none",
                cursor_.peek());
        if (open_.empty() && last_ != nullptr)
            return "more text after the end of the JSON value; a file holds just one";
        return "this is not JSON: " + reason_in(what);
    }

    /// Whether the last thing before the cursor is a comma.
    bool follows_comma() const {
        const std::string_view before = text_.substr(0, cursor_.offset());
        const auto last = before.find_last_not_of(white);
        return last != std::string_view::npos && before[last] == ',';
    }

    node& add(node::kind kind) {
        cursor_.skip_any_of(white_and_separators);
        if (++values_ > document::most_values)
            fail_at(file_, cursor_.position(),
                    fmt::format("more than {} values in one file", document::most_values));
        node& added = open_.empty() ? root_ : append(*open_.back());
        added.kind_ = kind;
        added.value_at_ = {cursor_.position().line, cursor_.position().column};
        last_ = &added;
        return added;
    }
    node& append(node& parent) {
        parent.children_.push_back(node{});
        node& added = parent.children_.back();
        if (parent.is_object()) {
            added.key_ = std::move(key_);
            added.key_at_ = {key_at_.line, key_at_.column};
        }
        return added;
    }
    text_cursor& scalar(node::kind kind) {
        add(kind);
        return cursor_;
    }
    /// Names and titles go to terminals and reports, where they would do more than be read.
    void refuse_control_characters(std::string_view text, bool prose, text_position where) const {
        const auto found = control_character(text, prose);
        if (!found)
            return;
        const bool fits_prose = *found == '\n' || *found == '\t';
        fail_at(file_, where,
                fmt::format("the control character U+{:04X}: take it out{}", *found,
                            fits_prose ? "; only a description or a note has lines and tabs" : ""));
    }
    /// Whether the last value is, or is in a list that is, a description or a note.
    bool is_prose() const {
        const bool listed = !open_.empty() && open_.back()->is_array();
        const std::string& key = listed ? open_.back()->key_ : last_->key_;
        return key == "description" || key.starts_with("//");
    }
    void number(double value, std::optional<std::int64_t> integer) {
        node& added = add(node::kind::number);
        const std::size_t begin = cursor_.offset();
        cursor_.skip_any_of(of_numbers);
        added.text_ = text_.substr(begin, cursor_.offset() - begin);
        added.number_ = value;
        added.integer_ = integer;
    }
    bool open(node::kind kind) {
        node& added = add(kind);
        if (open_.size() >= document::deepest)
            fail_at(file_, cursor_.position(),
                    fmt::format("nested deeper than {} levels", document::deepest));
        cursor_.skip();
        // Its elder siblings may move when one is appended; it cannot while it is open.
        open_.push_back(&added);
        return true;
    }
    bool close() {
        cursor_.skip_any_of(white);
        cursor_.skip();
        open_.pop_back();
        return true;
    }
    void refuse_repeated_keys(const node& object) const {
        std::vector<const node*> members;
        for (const node& each : object.children())
            members.push_back(&each);
        std::stable_sort(members.begin(), members.end(),
                         [](const node* a, const node* b) { return a->key_ < b->key_; });
        const auto twice =
            std::adjacent_find(members.begin(), members.end(),
                               [](const node* a, const node* b) { return a->key_ == b->key_; });
        if (twice == members.end())
            return;
        const node &first = **twice, &second = **(twice + 1);
        fail_at(file_, {second.key_at_.line, second.key_at_.column},
                fmt::format("the key {} stands here a second time; the first is in line {}",
                            in_quotes(second.key_), first.key_at_.line));
    }

    std::string_view text_;
    const std::string& file_;
    text_cursor cursor_;
    node root_;
    node* last_ = nullptr;
    std::vector<node*> open_; ///< the arrays and objects that are not closed, outermost first
    std::string key_;
    text_position key_at_;
    std::size_t values_ = 0;

    friend class document;
    static void link(const node::source& source, node& at, const node* parent, std::size_t index) {
        at.source_ = &source;
        at.parent_ = parent;
        at.index_ = index;
        for (std::size_t i = 0; i < at.children_.size(); ++i)
            link(source, at.children_[i], &at, i);
    }
};

document document::adopt(std::string file, node tree) {
    const auto source = std::make_shared<node::source>(std::move(file), std::move(tree));
    document_builder::link(*source, source->root, nullptr, 0);
    document result;
    result.sources_.push_back(source);
    result.root_ = std::shared_ptr<const node>(source, &source->root);
    return result;
}

std::string_view checked_input(std::string_view text, const std::string& file) {
    if (text.size() > document::largest)
        fail_at(file, {0, 0}, fmt::format("larger than {} MiB", document::largest >> 20));
    check_encoding(text, file);
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    return text;
}

document document::parse(std::string_view text, std::string file) {
    text = checked_input(text, file);
    document_builder builder(text, file);
    nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
    return adopt(std::move(file), builder.take());
}

namespace {

[[noreturn]] void fail_file(const std::filesystem::path& path, std::string message,
                            std::string suggestion = {}) {
    throw input_error(
        diagnostic{{path.string(), 0, 0, {}}, std::move(message), std::move(suggestion)});
}

/// The name in the same folder that is nearest to that of a file that does not exist.
std::string nearest_file(const std::filesystem::path& path) {
    std::vector<std::string> names;
    std::error_code ignored;
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    for (std::filesystem::directory_iterator at(folder, ignored), end; !ignored && at != end;
         at.increment(ignored))
        names.push_back(at->path().filename().string());
    std::sort(names.begin(), names.end());
    const std::string name = nearest(path.filename().string(), names);
    return name.empty() ? name : (path.parent_path() / name).string();
}

} // namespace

std::string read_input(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found)
        fail_file(path, "no such file", nearest_file(path));
    if (std::filesystem::is_directory(status))
        fail_file(path, "this is a folder; expected a file");
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in)
        fail_file(path, fmt::format("cannot be read: {}", std::strerror(errno)));
    std::string text(document::largest + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad())
        fail_file(path, "cannot be read to its end");
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

document document::load(const std::filesystem::path& path) {
    return parse(read_input(path), path.string());
}

} // namespace windtunnel::topology
