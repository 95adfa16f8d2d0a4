// Bodies that come out wrong.
#pragma once

#include <memory>
#include <vector>

#include "net/http_server.h"
#include "sim/api/faults.h"

namespace kubevitals::sim {

// A response as these faults disfigure it; kinds that are not about bodies are ignored.
std::unique_ptr<net::BodySource> disturb(std::unique_ptr<net::BodySource> body,
                                         const std::vector<Faults::Struck>& faults, Clock& clock);

// A body of one piece.
std::unique_ptr<net::BodySource> make_text_body(std::string text);

}  // namespace kubevitals::sim
