#include "discovery/mechanisms.h"

#include <filesystem>

#include "discovery/consul/options.h"
#include "discovery/dns/options.h"
#include "discovery/eureka/options.h"
#include "discovery/file/options.h"
#include "discovery/http/options.h"
#include "discovery/kubernetes/options.h"
#include "discovery/zookeeper/options.h"

namespace kubevitals::discovery {
namespace {

constexpr Mechanism kMechanisms[] = {
    {"aws", nullptr},
    {"azure", nullptr},
    {"consul", read_mechanism<consul::Options>},
    {"digitalocean", nullptr},
    {"dns", read_mechanism<dns::Options>},
    {"docker", nullptr},
    {"dockerswarm", nullptr},
    {"ec2", nullptr},
    {"ecs", nullptr},
    {"elasticache", nullptr},
    {"eureka", read_mechanism<eureka::Options>},
    {"file", read_mechanism<file::Options>},
    {"gce", nullptr},
    {"hetzner", nullptr},
    {"http", read_mechanism<http::Options>},
    {"ionos", nullptr},
    {"kubernetes", read_mechanism<kubernetes::Options>},
    {"kuma", nullptr},
    {"lightsail", nullptr},
    {"linode", nullptr},
    {"marathon", nullptr},
    {"msk", nullptr},
    {"nerve", read_mechanism<zookeeper::NerveOptions>},
    {"nomad", nullptr},
    {"oci", nullptr},
    {"openstack", nullptr},
    {"outscale", nullptr},
    {"ovhcloud", nullptr},
    {"puppetdb", nullptr},
    {"rds", nullptr},
    {"scaleway", nullptr},
    {"serverset", read_mechanism<zookeeper::ServersetOptions>},
    {"stackit", nullptr},
    {"triton", nullptr},
    {"uyuni", nullptr},
    {"vultr", nullptr},
};

}  // namespace

std::span<const Mechanism> mechanisms() {
  return kMechanisms;
}

std::string ReadContext::path(const std::string& text) const {
  if (text.empty() || text.front() == '/' || directory.empty()) return text;
  // Shortened as Go's filepath.Join does it: the path is seen in __meta_filepath.
  std::string path = (std::filesystem::path(directory) / text).lexically_normal().string();
  if (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace kubevitals::discovery
