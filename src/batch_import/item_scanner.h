#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tributary::batch_import {

/// How the items of a file are told apart.
enum class FileFormat {
    undecided,  ///< Nothing but white space was seen.
    array,      ///< `[ item, item ]`: cut at the commas between items.
    lines,      ///< NDJSON: cut at line ends.
    values,     ///< Objects one after another, each over several lines: cut where one closes.
    finished,   ///< Behind the end of an array.
};

/// A border between two items, where scanning may go on later.
struct ScanPosition {
    FileFormat format = FileFormat::undecided;
    std::uint64_t byte = 0;  ///< From the beginning of the (decompressed) file.
    std::uint64_t item = 0;  ///< The index of the next item; bad ones are counted too.

    friend bool operator==(const ScanPosition&, const ScanPosition&) = default;
};

struct ScannedItem {
    enum class Kind {
        complete,   ///< Cut out whole; whether it is valid is for a parser to say.
        too_large,  ///< Over the limit; `text` is its beginning.
        rest,       ///< All from here to the end, because no borders can be found any more.
    };
    Kind kind = Kind::complete;
    std::uint64_t index = 0;
    std::uint64_t byte = 0;
    std::uint64_t size = 0;
    std::string_view text;          ///< Valid until bytes are added to the scanner.
    std::uint64_t damage_byte = 0;  ///< Of a rest: where the damage was noticed.
    std::string_view reason;        ///< Of a rest: a sentence.
};

/// Finds the borders of a file's items in constant memory, without parsing them: brackets and
/// quotes are followed, nothing else. What comes out does not depend on how the bytes are cut into
/// pieces. `[` as the first byte makes an array, everything else NDJSON, except that a first line
/// which leaves its object open, and is followed by an indented line or by anything but `{`, makes
/// pretty-printed objects one after another. That is a guess: damage in the first line misleads it,
/// so who knows the format says it. One thread.
class ItemScanner {
public:
    /// `from` is a position that an earlier scanner of the same file gave; the bytes added then
    /// begin there. At byte 0 it may name the format, which is guessed otherwise.
    explicit ItemScanner(std::size_t max_item_bytes, const ScanPosition& from = {});

    /// Room for at least `bytes` more, to be filled and then added.
    std::span<char> room(std::size_t bytes);
    void add(std::size_t bytes);
    void add(std::string_view bytes);
    /// No bytes follow. With a `failure`, what has not come out yet is a rest for that reason.
    void end(std::string failure = {});

    /// The next item; empty when more bytes are needed, or at the end.
    std::optional<ScannedItem> next();

    /// Behind the last item that came out.
    [[nodiscard]] const ScanPosition& position() const { return position_; }
    /// Everything came out.
    [[nodiscard]] bool is_done() const { return state_ == State::done; }
    /// At most the largest item, twice, and what was added at once.
    [[nodiscard]] std::size_t buffer_bytes() const { return buffer_.size(); }

private:
    enum class State { start, before_item, in_item, behind_array, rest, done };
    enum class Stop { need_more, separator, array_end, closed, mismatch };

    [[nodiscard]] std::string_view unread() const;
    [[nodiscard]] std::uint64_t byte_at(std::size_t index) const { return base_ + index; }
    bool skip_white_space();
    bool decide_format();
    std::optional<FileFormat> format_of_object() const;
    bool begin_item();
    bool check_behind_array();
    std::optional<ScannedItem> scan_item();
    std::optional<ScannedItem> end_inside_item();
    std::optional<ScannedItem> collect_rest();
    [[nodiscard]] bool is_whole_before(std::size_t end) const;
    ScannedItem cut_item(std::size_t end, std::size_t next_begin);
    void drop_what_is_too_large();
    void begin_rest(std::uint64_t damage_byte, std::string reason);
    void finish();
    Stop find_line_end();
    Stop find_item_end();
    void open_bracket(char bracket);
    bool close_bracket(char bracket);

    static constexpr std::size_t kTrackedDepth = 4'096;

    const std::size_t max_item_bytes_;
    const std::size_t excerpt_bytes_;

    std::vector<char> buffer_;
    std::size_t begin_ = 0;   ///< What has not come out yet begins here.
    std::size_t cursor_ = 0;  ///< Scanned up to here.
    std::size_t filled_ = 0;
    std::uint64_t base_ = 0;  ///< The file's byte at buffer_[0].
    bool is_ended_ = false;
    std::string failure_;

    State state_ = State::start;
    ScanPosition position_;

    std::uint64_t item_byte_ = 0;
    std::uint64_t depth_ = 0;                                 ///< Within the item.
    std::array<std::uint64_t, kTrackedDepth / 64> arrays_{};  ///< A bit per depth: `[`, not `{`.
    bool is_in_string_ = false;
    bool is_too_large_ = false;
    std::string excerpt_;

    std::uint64_t damage_byte_ = 0;
    std::string reason_;
};

}  // namespace tributary::batch_import
