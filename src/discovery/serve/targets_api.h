// GET /api/v1/targets, in the shape of Prometheus' API.
#pragma once

#include <memory>
#include <string>

#include "discovery/manager/snapshot.h"
#include "exposition/generated_body.h"

namespace kubevitals::discovery {

struct TargetsQuery {
  bool active = true;
  bool dropped = true;
  std::string scrape_pool;  // empty: all
};

// From the parameters: "state" is active, dropped or any.
TargetsQuery targets_query(std::string_view state, std::string_view scrape_pool);

// The document, piece by piece. Equal targets of a job are shown once, as the last of them was discovered; of
// the dropped ones as many as the job's keep_dropped_targets says. As nothing is scraped here, the health of
// every target is "unknown". The result is for one body.
exposition::NextPiece targets_document(std::shared_ptr<const Snapshot> snapshot, TargetsQuery query);

}  // namespace kubevitals::discovery
