#include <boost/beast/http/status.hpp>
#include <fmt/format.h>
#include <iterator>
#include <string>

#include "http/responder_target.h"
#include "http/server.h"

namespace tributary::http {

namespace {

void append_json_string(std::string_view text, std::string& out) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    out += '"';
}

}  // namespace

Responder::Responder(std::shared_ptr<Target> target) : target_(std::move(target)) {
}

Responder::~Responder() {
    if (target_) target_->abandon();
}

Responder& Responder::operator=(Responder&& other) noexcept {
    std::swap(target_, other.target_);
    return *this;
}

void Responder::send(Response response) {
    if (!target_) return;
    const std::shared_ptr<Target> target = std::move(target_);
    target->answer(std::move(response));
}

Stream Responder::stream(Response head) {
    const std::shared_ptr<Target> target = std::move(target_);
    return Stream(target ? target->stream(std::move(head)) : nullptr);
}

Stream::Stream(std::shared_ptr<Target> target) : target_(std::move(target)) {
}

Stream::~Stream() {
    if (target_) target_->end();
}

Stream& Stream::operator=(Stream&& other) noexcept {
    std::swap(target_, other.target_);
    return *this;
}

bool Stream::write(std::string_view piece) {
    return target_ && target_->write(piece);
}

BodyPolicy Handler::on_head(const Request&) {
    return {};
}

Response Handler::on_error(int status, std::string_view detail) {
    const auto title = boost::beast::http::obsolete_reason(
        boost::beast::http::int_to_status(static_cast<unsigned>(status)));
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/problem+json");
    response.body = fmt::format(R"({{"type":"about:blank","title":"{}","status":{},"detail":)",
                                std::string_view(title.data(), title.size()), status);
    append_json_string(detail, response.body);
    response.body += '}';
    return response;
}

}  // namespace tributary::http
