#pragma once

#include <string>

#include "base/result.h"
#include "document_index/document_index.h"
#include "event/catalog.h"
#include "http/message.h"

namespace tributary::console {

/// Reads `?type=&q=&id=&after=&before=&from=&size=&cursor=`. `type` may also be `dead-letter`.
/// `invalid_input` names the parameter and what is allowed; unknown parameters are refused.
Result<document_index::Query> parse_events_query(const http::Request& request,
                                                 const event::Catalog& catalog);

/// `{"total":N,"events":[document,…]}`, and `cursor` where there is a next page.
std::string events_json(const document_index::Page& page);

}  // namespace tributary::console
