#pragma once

/// What every adapter of the document index must pass. An adapter's test includes this file and
/// calls INSTANTIATE_TEST_SUITE_P(Embedded, DocumentIndexContract, testing::Values(IndexFactory…)).
#include "document_index/contract/fixture.h"
#include "document_index/contract/search_contract.h"
#include "document_index/contract/write_contract.h"
