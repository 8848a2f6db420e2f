#pragma once

#include <string>

#include "dead_letters/dead_letters.h"

namespace tributary::dead_letters {

/// `{"total":N,"letters":[{"id":…,"state":…,"reason":…,…},…]}`, without values.
std::string to_json(const Page& page);
/// One letter with its value and headers.
std::string to_json(const Letter& letter);
/// `{"dry_run":…,"done":N,"planned":N,"refused":N,"failed":N,"left":N,"outcomes":[…]}`, and
/// `index_trouble` where there was some. All on one line.
std::string to_json(const Report& report, bool is_dry_run);

}  // namespace tributary::dead_letters
