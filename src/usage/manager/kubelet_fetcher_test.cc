#include "usage/manager/kubelet_fetcher.h"

#include <gmock/gmock.h>

namespace kubevitals::usage {
namespace {

using testing::HasSubstr;

TEST(ExplainKubeletFailure, NamesTheMissingRule) {
  EXPECT_THAT(explain_kubelet_failure(403, "Forbidden (user=x)", "/metrics/resource"),
              HasSubstr(R"(resources: ["nodes/metrics"], verbs: ["get"])"));
  EXPECT_THAT(explain_kubelet_failure(403, "", "/stats/summary"), HasSubstr(R"(["nodes/stats"])"));
  EXPECT_THAT(explain_kubelet_failure(403, "", "/stats/container/"),
              HasSubstr(R"(resources: ["nodes/stats"], verbs: ["create"])"));
  EXPECT_THAT(explain_kubelet_failure(403, R"(User "x" cannot get resource "nodes/proxy")", "/stats/summary"),
              HasSubstr(R"(resources: ["nodes/proxy"], verbs: ["get"])"));
  EXPECT_THAT(explain_kubelet_failure(401, "Unauthorized", "/stats/summary"),
              HasSubstr("webhook authentication"));
}

TEST(ExplainKubeletFailure, TellsWhatIsWrongWithTheCertificate) {
  EXPECT_THAT(explain_kubelet_failure(
                  0, "TLS handshake: the server's certificate has no alternative name for 10.0.0.1", "/"),
              HasSubstr("no IP SANs"));
  EXPECT_THAT(
      explain_kubelet_failure(
          0, "TLS handshake: the server's certificate is not trusted: unable to get local issuer certificate",
          "/"),
      HasSubstr("--kubelet-certificate-authority"));
  EXPECT_EQ(explain_kubelet_failure(0, "Connection refused", "/"), "Connection refused");
}

}  // namespace
}  // namespace kubevitals::usage
