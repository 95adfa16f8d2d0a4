// metav1.Status, made: how a Kubernetes API says what is wrong.
#pragma once

#include <string>
#include <string_view>

#include "net/http_server.h"

namespace kubevitals::usage {

struct StatusDetails {
  std::string name;
  std::string group;
  std::string kind;
};

// `reason` is "NotFound", "Forbidden", …; empty details are left out.
net::ServerResponse status_answer(int code, std::string_view reason, std::string_view message, bool pretty,
                                  const StatusDetails& details = {});

// What Kubernetes' APIs say to a path that they do not have, and to a method.
net::ServerResponse unknown_path(const net::ServerRequest& request);
net::ServerResponse unknown_method(const net::ServerRequest& request);

// Whether JSON is to be laid out for people: the parameter `pretty`, else a browser, curl or wget that asks
// (k8s.io/apiserver/pkg/endpoints/handlers/negotiation).
bool wants_pretty(const net::ServerRequest& request);

// Whether the parameter `watch` is there and true, as Kubernetes' APIs read flags.
bool wants_watch(const net::ServerRequest& request);

}  // namespace kubevitals::usage
