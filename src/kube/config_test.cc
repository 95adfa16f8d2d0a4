#include "kube/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/config_files.h"
#include "kube/config_fixture.h"
#include "net/self_signed.h"

namespace kubevitals::kube {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const net::KeyPair& key_pair() {
  static const net::KeyPair pair = net::make_self_signed_certificate().value();
  return pair;
}

class Config : public ScratchTest {
 protected:
  Config() { surroundings_.service_account = path("."); }

  Result<ApiServerConfig> load(const std::string& apiserver = "", const std::string& kubeconfig = "",
                               const std::string& context = "") {
    return load_config({.apiserver = apiserver, .kubeconfig = kubeconfig, .context = context}, surroundings_);
  }
  std::string error_of(const Result<ApiServerConfig>& config) {
    EXPECT_FALSE(config);
    if (config) return "";
    EXPECT_THAT(config.error().message, Not(HasSubstr("\n")));
    return config.error().message;
  }
  std::string kubeconfig(const std::string& name, const std::string& server,
                         const std::string& user = "token: t") {
    return write(name,
                 "current-context: x\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n"
                 "clusters: [{name: x, cluster: {server: '" +
                     server +
                     "'}}]\n"
                     "users: [{name: x, user: {" +
                     user + "}}]\n");
  }
  void enter_pod(const std::string& host) {
    surroundings_.environment["KUBERNETES_SERVICE_HOST"] = host;
    surroundings_.environment["KUBERNETES_SERVICE_PORT"] = "443";
  }

  Surroundings surroundings_;
};

TEST_F(Config, InAPodTheServiceAccountIsUsed) {
  enter_pod("10.96.0.1");
  EXPECT_THAT(error_of(load()), HasSubstr("/token: No such file or directory"));
  write("token", "t\n");
  EXPECT_THAT(error_of(load()), HasSubstr("/ca.crt: No such file or directory"));
  write("ca.crt", "garbage");
  EXPECT_THAT(error_of(load()), HasSubstr("ca.crt: there is no PEM certificate in it"));
  write("ca.crt", key_pair().certificate);
  const auto config = load();
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->url, "https://10.96.0.1:443");
  EXPECT_EQ(config->credentials.token_file, path("./token"));
  EXPECT_EQ(config->transport.ca_file, path("./ca.crt"));
  write("token", " \n");
  EXPECT_THAT(error_of(load()), HasSubstr("it is empty"));
}

TEST_F(Config, IPv6HostsGetBrackets) {
  write("token", "t");
  write("ca.crt", key_pair().certificate);
  enter_pod("fd00::1");
  EXPECT_EQ(load()->url, "https://[fd00::1]:443");
  enter_pod("[fd00::1]");
  EXPECT_EQ(load()->url, "https://[fd00::1]:443");
}

TEST_F(Config, FlagsComeBeforeTheEnvironmentAndThatBeforeThePod) {
  enter_pod("10.96.0.1");
  write("token", "t");
  write("ca.crt", key_pair().certificate);
  surroundings_.environment["KUBECONFIG"] =
      path("missing") + "::" + kubeconfig("environment", "https://environment");
  const std::string flag = kubeconfig("flag", "https://flag");
  EXPECT_EQ(load()->url, "https://environment");
  EXPECT_EQ(load("", flag)->url, "https://flag");
  EXPECT_EQ(load("https://server", flag)->url, "https://server");
  EXPECT_EQ(load("https://server", flag)->credentials.token, "t");
  EXPECT_EQ(load("https://server")->url, "https://server");
  EXPECT_EQ(load("https://server")->credentials.token, "") << "the address alone is anonymous";
  surroundings_.environment["KUBECONFIG"] = path("missing");
  EXPECT_EQ(load()->url, "https://10.96.0.1:443");
}

TEST_F(Config, FilesOfTheEnvironmentAreMerged) {
  const std::string first = write("first", "current-context: x\nusers: [{name: x, user: {token: first}}]");
  surroundings_.environment["KUBECONFIG"] =
      first + ":" + kubeconfig("second", "https://second") + ":" + first;
  const auto config = load();
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->url, "https://second");
  EXPECT_EQ(config->credentials.token, "first");
}

TEST_F(Config, AddressesAreTakenAsKubectlTakesThem) {
  EXPECT_EQ(load("http://localhost:8001/")->url, "http://localhost:8001");
  EXPECT_EQ(load("localhost:8001")->url, "http://localhost:8001");
  EXPECT_EQ(load("HTTPS://Example.org/prefix/?a=b#c")->url, "https://Example.org/prefix");
  EXPECT_EQ(load("https://[::1]:6443")->url, "https://[::1]:6443");
  for (const char* bad :
       {"ftp://x", "https://", "http://a b", "https://x:99999", "https://a:b@x", "http://[::1"}) {
    EXPECT_THAT(error_of(load(bad)), StartsWith("cannot use --apiserver")) << bad;
  }
}

TEST_F(Config, WhatIsMissingIsSaid) {
  EXPECT_THAT(error_of(load()), HasSubstr("use --kubeconfig, --apiserver or $KUBECONFIG"));
  EXPECT_EQ(error_of(load("", path("none"))),
            "cannot load kubeconfig: cannot read " + path("none") + ": No such file or directory");
  EXPECT_THAT(error_of(load("", path("."))), HasSubstr("Is a directory"));
  EXPECT_THAT(error_of(load("http://x", "", "a")), HasSubstr("--context a"));
  surroundings_.environment["KUBECONFIG"] = path("none");
  EXPECT_EQ(error_of(load()),
            "cannot load kubeconfig: $KUBECONFIG names " + path("none") + ", which does not exist");
  EXPECT_THAT(error_of(load("", kubeconfig("c", "https://x", "tokenFile: none"))),
              HasSubstr("cannot read " + path("none")));
  EXPECT_THAT(error_of(load("", kubeconfig("c", "https://x', certificate-authority: 'none"))),
              HasSubstr("certificate authority: cannot read " + path("none")));
}

TEST_F(Config, AFileAndItsTokenNeedNotBothBeThere) {
  EXPECT_TRUE(load("", kubeconfig("c", "https://x", "token: t, tokenFile: none")));
}

TEST_F(Config, CertificatesAreChecked) {
  const std::string user = "client-certificate: c.crt, client-key: c.key";
  const std::string file = kubeconfig("config", "https://x", user);
  write("c.crt", key_pair().certificate);
  write("c.key", key_pair().key);
  EXPECT_TRUE(load("", file));
  write("c.key", net::make_self_signed_certificate().value().key);
  EXPECT_THAT(error_of(load("", file)),
              HasSubstr("c.crt: the client certificate and the client key do not belong"));
  write("c.key", key_pair().certificate);
  EXPECT_THAT(error_of(load("", file)), HasSubstr("no PEM private key"));
  write("c.crt", "");
  EXPECT_THAT(error_of(load("", file)), HasSubstr("no PEM certificate"));
}

TEST(OneLine, ControlCharactersAndLongTexts) {
  EXPECT_EQ(one_line("a\nb\x1b[1mc\td"), "a b [1mc d");
  EXPECT_EQ(one_line("abcdef", 3), "abc...");
  EXPECT_EQ(one_line("ab\u00fc", 3), "ab...") << "not half a character";
}

}  // namespace
}  // namespace kubevitals::kube
