#pragma once

/// What every adapter of the event log must pass. An adapter's test includes this file and calls
/// INSTANTIATE_TEST_SUITE_P(Embedded, EventLogContract, testing::Values(LogFactory…)).
#include "event_log/contract/fixture.h"
#include "event_log/contract/group_contract.h"
#include "event_log/contract/inspector_contract.h"
#include "event_log/contract/reader_contract.h"
#include "event_log/contract/writer_contract.h"
