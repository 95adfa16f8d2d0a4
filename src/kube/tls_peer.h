// A TLS server that says who its clients are, by their certificates.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

namespace kubevitals::kube {

// Takes any client certificate and answers each request with the common name in it and 200, or 401 for a name
// that is refused; to /endless it begins the same answer and does not end it. Runs on the context given.
class TlsPeer {
 public:
  explicit TlsPeer(boost::asio::io_context& io);
  ~TlsPeer();

  std::string url() const;
  const std::string& ca() const;
  void refuse(const std::string& name);
  void stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kubevitals::kube
