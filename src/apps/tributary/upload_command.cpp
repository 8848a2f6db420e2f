#include <boost/json/parse.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <thread>
#include <unistd.h>
#include <vector>

#include "apps/program.h"
#include "apps/tributary/api_client.h"
#include "apps/tributary/commands.h"

namespace tributary::apps {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::chrono::hours kUploadDeadline{6};
constexpr std::chrono::milliseconds kReportInterval{200};

/// `[#####     ] 52 %  120.0 MB/s  3 s left`, rewritten in place; nothing where stderr is no
/// terminal.
class ProgressBar {
public:
    ProgressBar(std::string name, std::uint64_t total)
        : name_(std::move(name)), total_(total), is_shown_(::isatty(STDERR_FILENO) != 0) {}

    void advance(std::uint64_t bytes) {
        done_ += bytes;
        const auto now = clock_.steady_now();
        if (!is_shown_ || (now - last_ < std::chrono::milliseconds(100) && done_ < total_)) return;
        last_ = now;
        const std::chrono::duration<double> elapsed = now - started_;
        const double rate = static_cast<double>(done_) / std::max(elapsed.count(), 1e-3);
        const double share =
            total_ == 0 ? 1 : static_cast<double>(done_) / static_cast<double>(total_);
        fmt::print(stderr, "\r{}  [{:<20}] {:3.0f} %  {:.1f} MB/s  {:.0f} s left ", name_,
                   std::string(static_cast<std::size_t>(share * 20), '#'), share * 100, rate / 1e6,
                   static_cast<double>(total_ - done_) / std::max(rate, 1.0));
        if (done_ >= total_) fmt::print(stderr, "\n");
    }

private:
    SystemClock clock_;
    std::string name_;
    std::uint64_t total_;
    bool is_shown_;
    std::uint64_t done_ = 0;
    SteadyTime started_ = clock_.steady_now();
    SteadyTime last_;
};

struct Uploaded {
    std::string key;
    std::string version;
};

Result<Uploaded> put_file(ApiClient& client, const std::string& file, const std::string& key) {
    std::error_code failure;
    const auto size = std::filesystem::file_size(file, failure);
    std::ifstream in(file, std::ios::binary);
    if (failure || !in) {
        return fail(ErrorCode::invalid_input, fmt::format("Cannot read \"{}\".", file));
    }
    ProgressBar bar(file, size);
    std::vector<char> piece(kPieceBytes);
    const http::Client::BodySource source = [&]() -> Result<std::string_view> {
        in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        if (in.bad())
            return fail(ErrorCode::unavailable, fmt::format("Cannot read on in \"{}\".", file));
        const auto count = static_cast<std::size_t>(in.gcount());
        bar.advance(count);
        return std::string_view(piece.data(), count);
    };
    http::Request head;
    head.method = "PUT";
    head.target = "/bucket/" + http::percent_encode(key);
    client.sign(head);
    const auto response =
        client.connection().upload(std::move(head), size, source, kUploadDeadline);
    if (!response) return std::unexpected(client.unreachable(response.error()));
    if (response->status != 200 && response->status != 201) {
        return fail(ErrorCode::conflict,
                    fmt::format("{}: {} {}", file, response->status, response->body));
    }
    std::string version(response->headers.get("ETag"));
    std::erase(version, '"');
    return Uploaded{key, version};
}

/// The report of that version, or the record of its failure; waits for either.
Result<std::string> wait_for_report(ApiClient& client, const Uploaded& uploaded, SteadyTime until) {
    const SystemClock clock;
    const std::string name = http::percent_encode(uploaded.key + "/" + uploaded.version + ".json");
    while (clock.steady_now() < until) {
        for (const char* prefix : {"/bucket/reports/", "/bucket/failed/"}) {
            const auto response = client.get(prefix + name);
            if (!response) return std::unexpected(response.error());
            if (response->status == 200) return response->body;
        }
        std::this_thread::sleep_for(kReportInterval);
    }
    return fail(ErrorCode::timed_out,
                fmt::format("{} is stored, but its report is not there yet; look for reports/{} in "
                            "the bucket later.",
                            uploaded.key, uploaded.key));
}

int print_report(const std::string& key, const std::string& report_text, bool as_json) {
    if (as_json) fmt::print("{}\n", report_text);
    boost::system::error_code failure;
    const auto report = boost::json::parse(report_text, failure);
    const std::string read = failure ? "" : member_text(report, "read");
    const std::string rejected = failure ? "" : member_text(report, "rejected");
    if (!as_json && read.empty()) {
        fmt::print("{}: failed; see failed/{} in the bucket\n", key, key);
    } else if (!as_json) {
        fmt::print("{}: {} read, {} accepted, {} rejected\n", key, read,
                   member_text(report, "accepted"), rejected);
        for (const char* member : {"detail", "reason", "broken"}) {
            const std::string text = member_text(report, member);
            if (!text.empty()) fmt::print("  {}\n", text);
        }
    }
    return rejected == "0" ? kExitSuccess : kExitFailure;
}

}  // namespace

int upload(const UploadOptions& options) {
    auto client = ApiClient::open(options.client);
    if (!client) return report(client.error());
    const SystemClock clock;
    int exit_code = kExitSuccess;
    std::vector<Uploaded> uploads;
    for (const std::string& file : options.files) {
        const std::string key = options.prefix + std::filesystem::path(file).filename().string();
        auto uploaded = put_file(*client, file, key);
        if (!uploaded) return report(uploaded.error());
        if (!options.wait) fmt::print("{}: stored as version {}\n", key, uploaded->version);
        uploads.push_back(std::move(*uploaded));
    }
    if (!options.wait) return exit_code;
    const SteadyTime until = clock.steady_now() + options.timeout;
    for (const Uploaded& uploaded : uploads) {
        const auto text = wait_for_report(*client, uploaded, until);
        if (!text) return report(text.error());
        exit_code = std::max(exit_code, print_report(uploaded.key, *text, options.client.json));
    }
    return exit_code;
}

}  // namespace tributary::apps
