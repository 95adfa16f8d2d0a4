// What stands at the other end of the sinks in the conformance suite.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace kubevitals::usage {

class FakePeer {
 public:
  enum class Mode {
    kTakes,
    kHangs,    // accepts, and says nothing
    kFails,    // says that it cannot now
    kRefuses,  // says that it never will
  };

  virtual ~FakePeer() = default;

  // For --sink; the same while the peer lives.
  virtual std::string uri() const = 0;
  // Whether there is anybody at all; at first there is.
  virtual void set_up(bool up) = 0;
  virtual void set_mode(Mode mode) = 0;
  // What was taken, message by message, in readable form: values are decimal numbers.
  virtual std::vector<std::string> received() = 0;
};

// A kind of peer, and the sink's options that it is tried with.
struct PeerType {
  std::string name;  // of the test
  std::unique_ptr<FakePeer> (*make)(asio::io_context& io);
  bool hangs = true;    // it can
  bool answers = true;  // and can fail and refuse
  std::chrono::milliseconds export_timeout{400};
};
const std::vector<PeerType>& peer_types();

}  // namespace kubevitals::usage
