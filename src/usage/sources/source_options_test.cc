#include "usage/sources/source_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/config_fixture.h"
#include "net/self_signed.h"
#include "usage/batch_fixture.h"

namespace kubevitals::usage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const net::KeyPair& key_pair() {
  static const net::KeyPair pair = net::make_self_signed_certificate().value();
  return pair;
}

class SourceOptionsTest : public kube::ScratchTest {
 protected:
  SourceOptionsTest() {
    surroundings_.service_account = path(".");
    surroundings_.environment = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                                 {"KUBERNETES_SERVICE_PORT", "443"}};
    write("token", "t");
    write("ca.crt", key_pair().certificate);
  }

  Result<SourceOptions> try_read(const std::string& uri) {
    return read_source_options(parse_flag_uri(uri).value(), flags_, connection_, surroundings_);
  }
  SourceOptions read(const std::string& uri) {
    Result<SourceOptions> options = try_read(uri);
    EXPECT_TRUE(options) << uri << ": " << (options ? "" : options.error().message);
    return options ? *options : SourceOptions{};
  }
  std::string error(const std::string& uri) {
    const Result<SourceOptions> options = try_read(uri);
    if (options) return "no error";
    EXPECT_EQ(options.error().code, ErrorCode::kInvalid);
    return options.error().message;
  }
  std::string kubeconfig() {
    return write("kubeconfig",
                 "current-context: x\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n"
                 "clusters: [{name: x, cluster: {server: 'https://file:6443', certificate-authority: ca.crt, "
                 "tls-server-name: api}}]\n"
                 "users: [{name: x, user: {token: file-token}}]\n");
  }

  KubeletFlags flags_;
  kube::ConnectionFlags connection_;
  kube::Surroundings surroundings_;
};

TEST_F(SourceOptionsTest, TypeOfTheSource) {
  EXPECT_EQ(read("kubernetes:").type->path, "/stats/container/");
  EXPECT_EQ(read("kubernetes.summary_api:''").type->path, "/stats/summary");
  EXPECT_EQ(read("kubernetes.resource").type->path, "/metrics/resource");
  EXPECT_EQ(error("docker:"),
            "cannot use --source=docker: no such source; there are kubernetes, kubernetes.summary_api, "
            "kubernetes.resource");
}

TEST_F(SourceOptionsTest, InAClusterThePodsServiceAccountIsUsed) {
  const SourceOptions options = read("kubernetes.summary_api:");
  EXPECT_EQ(options.api_server.url, "https://10.96.0.1:443");
  EXPECT_EQ(options.api_server.credentials.token_file, path("./token"));
  EXPECT_EQ(options.kubelet.port, 10255);
  EXPECT_FALSE(options.kubelet.https);
  EXPECT_EQ(options.kubelet.credentials, kube::Credentials{}) << "nothing secret over plain HTTP";
  EXPECT_THAT(options.kubelet.preferred_addresses, IsEmpty());
  EXPECT_THAT(options.warnings, IsEmpty());
}

TEST_F(SourceOptionsTest, TheAddressInTheUriIsTheApiServers) {
  EXPECT_EQ(read("kubernetes:https://kubernetes.default").api_server.url, "https://kubernetes.default");
  EXPECT_EQ(read("kubernetes:https://[::1]:6443?a=").api_server.url, "https://[::1]:6443");
  surroundings_.environment.clear();
  EXPECT_THAT(error("kubernetes:https://host"), HasSubstr("not in a pod"));
  EXPECT_THAT(error("kubernetes:?inClusterConfig=true"), HasSubstr("not in a pod"));
}

TEST_F(SourceOptionsTest, WithoutInClusterConfigThereAreNoCredentials) {
  const SourceOptions options = read("kubernetes:http://localhost:8080?inClusterConfig=false");
  EXPECT_EQ(options.api_server.url, "http://localhost:8080");
  EXPECT_EQ(options.api_server.credentials, kube::Credentials{});
  EXPECT_THAT(error("kubernetes:?inClusterConfig=false"),
              HasSubstr("needs auth or the API server's address"));
  EXPECT_THAT(error("kubernetes:?inClusterConfig=maybe"),
              HasSubstr("inClusterConfig: expected true or false"));
}

TEST_F(SourceOptionsTest, AuthIsAKubeconfig) {
  const std::string file = kubeconfig();
  const SourceOptions options =
      read("kubernetes:https://other?inClusterConfig=false&kubeletHttps=true&auth=" + file);
  EXPECT_EQ(options.api_server.url, "https://file:6443");
  EXPECT_EQ(options.api_server.credentials.token, "file-token");
  EXPECT_EQ(options.kubelet.credentials.token, "file-token");
  EXPECT_EQ(options.kubelet.transport.ca_file, options.api_server.transport.ca_file);
  EXPECT_FALSE(options.kubelet.transport.insecure_skip_verify);
  EXPECT_EQ(options.kubelet.transport.tls_server_name, "") << "kubelets have names of their own";
  EXPECT_THAT(options.warnings, ElementsAre(HasSubstr("address in kubernetes is not used")));
  EXPECT_THAT(read("kubernetes:?auth=" + file).warnings, ElementsAre(HasSubstr("auth is not used")));
  EXPECT_THAT(error("kubernetes:?inClusterConfig=false&auth=/none"), HasSubstr("/none"));
}

TEST_F(SourceOptionsTest, WhereTheUriSaysNothingTheCommandLineCounts) {
  connection_.kubeconfig = kubeconfig();
  EXPECT_EQ(read("kubernetes.resource:").api_server.url, "https://file:6443");
  EXPECT_EQ(read("kubernetes.resource:?inClusterConfig=true").api_server.url, "https://10.96.0.1:443");
}

TEST_F(SourceOptionsTest, UseServiceAccountReplacesOtherCredentials) {
  const std::string uri = "kubernetes:?useServiceAccount=true&inClusterConfig=false&auth=" + kubeconfig();
  SourceOptions options = read(uri);
  EXPECT_EQ(options.api_server.credentials.token, "");
  EXPECT_EQ(options.api_server.credentials.token_file, path("./token"));
  surroundings_.service_account = path("none");
  options = read(uri);
  EXPECT_EQ(options.api_server.credentials.token, "file-token");
  EXPECT_THAT(options.warnings, ElementsAre(HasSubstr("useServiceAccount has no effect: ")));
}

TEST_F(SourceOptionsTest, InsecureTrustsWhoeverAnswers) {
  const SourceOptions options = read("kubernetes:?insecure=true&kubeletHttps=1");
  for (const net::TransportOptions* transport : {&options.api_server.transport, &options.kubelet.transport}) {
    EXPECT_TRUE(transport->insecure_skip_verify);
    EXPECT_EQ(transport->ca_file, "");
  }
  EXPECT_FALSE(read("kubernetes:?kubeletHttps=1").kubelet.transport.insecure_skip_verify);
}

TEST_F(SourceOptionsTest, KubeletsWithoutACaAreNotVerifiedByHeapstersSources) {
  const std::string uri = ":https://h?inClusterConfig=false&kubeletHttps=true";
  EXPECT_TRUE(read("kubernetes" + uri).kubelet.transport.insecure_skip_verify);
  EXPECT_FALSE(read("kubernetes.resource" + uri).kubelet.transport.insecure_skip_verify);
}

TEST_F(SourceOptionsTest, KubeletPort) {
  EXPECT_EQ(read("kubernetes:?kubeletPort=10250").kubelet.port, 10250);
  flags_.port = 4194;
  flags_.use_node_status_port = true;
  EXPECT_EQ(read("kubernetes:").kubelet.port, 4194);
  EXPECT_TRUE(read("kubernetes:").kubelet.use_node_status_port);
  EXPECT_EQ(read("kubernetes:?kubeletPort=1").kubelet.port, 1);
  EXPECT_FALSE(read("kubernetes:?kubeletPort=1").kubelet.use_node_status_port);
  for (const char* port : {"0", "65536", "-1", "x", ""}) {
    EXPECT_THAT(error(std::string("kubernetes:?kubeletPort=") + port), HasSubstr("kubeletPort: expected"))
        << port;
  }
}

TEST_F(SourceOptionsTest, ResourceIsVerifiedAgainstTheClustersCa) {
  const SourceOptions options = read("kubernetes.resource:");
  EXPECT_EQ(options.kubelet.port, 10250);
  EXPECT_TRUE(options.kubelet.https);
  EXPECT_EQ(options.kubelet.transport.ca_file, path("./ca.crt"));
  EXPECT_FALSE(options.kubelet.transport.insecure_skip_verify);
  EXPECT_EQ(options.kubelet.credentials.token_file, path("./token"));
  EXPECT_EQ(options.kubelet.preferred_addresses, default_preferred_addresses());
}

TEST_F(SourceOptionsTest, FlagsOfKubelets) {
  flags_.insecure_tls = true;
  SourceOptions options = read("kubernetes.resource:");
  EXPECT_TRUE(options.kubelet.transport.insecure_skip_verify);
  EXPECT_EQ(options.kubelet.transport.ca_file, "");
  EXPECT_FALSE(options.api_server.transport.insecure_skip_verify);
  flags_ = {};
  flags_.certificate_authority = "/kubelets.crt";
  flags_.client_certificate = "/client.crt";
  flags_.client_key = "/client.key";
  flags_.preferred_addresses = {"InternalIP"};
  options = read("kubernetes.resource:?insecure=true");
  EXPECT_EQ(options.kubelet.transport.ca_file, "/kubelets.crt");
  EXPECT_FALSE(options.kubelet.transport.insecure_skip_verify);
  EXPECT_EQ(options.kubelet.transport.certificate_file, "/client.crt");
  EXPECT_EQ(options.kubelet.transport.key_file, "/client.key");
  EXPECT_THAT(options.kubelet.preferred_addresses, ElementsAre("InternalIP"));
  flags_.insecure_tls = true;
  EXPECT_THAT(error("kubernetes.resource:"), HasSubstr("cannot use both"));
  flags_ = {};
  flags_.client_key = "/client.key";
  EXPECT_THAT(error("kubernetes.resource:"), HasSubstr("without the other"));
}

TEST_F(SourceOptionsTest, OtherParameters) {
  const SourceOptions options =
      read("kubernetes.summary_api:?apiVersion=v1&host_id_annotation=example/id&nodes=x");
  EXPECT_EQ(options.host_id_annotation, "example/id");
  EXPECT_THAT(options.warnings, ElementsAre("kubernetes.summary_api: unknown parameter nodes is ignored"));
}

NodeRecord node_with(std::vector<std::pair<std::string, std::string>> addresses) {
  NodeRecord record;
  record.info = make_node("n1");
  record.addresses = std::move(addresses);
  return record;
}

std::string address_of(const NodeRecord& node, const std::vector<std::string>& preferred = {}) {
  const Result<std::string> address = choose_address(node, preferred);
  return address ? *address : address.error().message;
}

TEST(ChooseAddress, HeapstersRule) {
  EXPECT_EQ(address_of(node_with({{"Hostname", "h"}, {"ExternalIP", "1.2.3.4"}, {"InternalIP", "10.0.0.1"}})),
            "10.0.0.1");
  EXPECT_EQ(
      address_of(node_with({{"InternalIP", "10.0.0.1"}, {"InternalIP", "fd00::1"}, {"InternalIP", "x"}})),
      "fd00::1");
  EXPECT_EQ(address_of(node_with(
                {{"InternalIP", "n1.local"}, {"ExternalIP", "1.2.3.4"}, {"ExternalIP", "5.6.7.8"}})),
            "1.2.3.4");
  EXPECT_EQ(address_of(node_with({{"Hostname", "h"}, {"InternalIP", ""}})),
            "cannot ask node n1: it has neither an InternalIP nor an ExternalIP");
  NodeRecord away = node_with({{"InternalIP", "10.0.0.1"}});
  away.ready = false;
  EXPECT_EQ(address_of(away), "cannot ask node n1: it is not ready");
}

TEST(ChooseAddress, PreferredTypes) {
  NodeRecord node =
      node_with({{"ExternalIP", "1.2.3.4"}, {"InternalIP", "10.0.0.1"}, {"InternalIP", "10.0.0.2"}});
  node.ready = false;
  EXPECT_EQ(address_of(node, default_preferred_addresses()), "10.0.0.1");
  EXPECT_EQ(address_of(node, {"ExternalIP", "InternalIP"}), "1.2.3.4");
  EXPECT_EQ(address_of(node, {"Hostname", "InternalDNS"}),
            "cannot ask node n1: it has no address of type Hostname, InternalDNS");
}

TEST(KubeletUrl, HasAddressPortAndPath) {
  SourceOptions options;
  options.type = find_source_type("kubernetes.resource");
  options.kubelet.port = 10250;
  options.kubelet.https = true;
  NodeRecord node = node_with({{"InternalIP", "fd00::1"}});
  EXPECT_EQ(kubelet_url(node, options).value(), "https://[fd00::1]:10250/metrics/resource");
  options.kubelet.use_node_status_port = true;
  EXPECT_EQ(kubelet_url(node, options).value(), "https://[fd00::1]:10250/metrics/resource");
  node.kubelet_port = 20250;
  options.kubelet.https = false;
  EXPECT_EQ(kubelet_url(node, options).value(), "http://[fd00::1]:20250/metrics/resource");
  node.resource_metrics_path = "/apis/kubelet?/metrics";
  EXPECT_EQ(kubelet_url(node, options).value(), "http://[fd00::1]:20250/apis/kubelet%3F/metrics");
  node.resource_metrics_path = "metrics";
  EXPECT_EQ(kubelet_url(node, options).value(), "http://[fd00::1]:20250/metrics");
  options.type = find_source_type("kubernetes.summary_api");
  EXPECT_EQ(kubelet_url(node, options).value(), "http://[fd00::1]:20250/stats/summary");
  node.addresses.clear();
  EXPECT_EQ(kubelet_url(node, options).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace kubevitals::usage
