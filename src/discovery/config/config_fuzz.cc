// Any text as a configuration, alone and as one that imports itself: complaints are one line each, and what
// is shown of a good configuration is YAML that is shown the same way again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/yaml_fields.h"
#include "discovery/config/config.h"
#include "discovery/config/redacted_yaml.h"

namespace kubevitals::discovery {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// The same text in every file; no pattern means more than one.
class OneText final : public ConfigFiles {
 public:
  explicit OneText(const std::string& text) : text_(text) {}
  std::vector<std::string> matching(const std::string& pattern) const override { return {pattern}; }
  Result<std::string> read(const std::string&) const override { return text_; }

 private:
  const std::string& text_;
};

void check_problems(const std::string& problems) {
  require(!problems.empty());
  for (const unsigned char c : problems) require((c >= ' ' && c != 127) || c == '\n');
}

void check_shown(const std::string& shown) {
  YamlProblems problems("f");
  const auto again = parse_yaml(shown, problems);
  require(again.has_value());
  RedactedYaml yaml;
  yaml.add(*again);
  require(yaml.text() == shown);
}

}  // namespace
}  // namespace kubevitals::discovery

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::discovery;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_config(text, "f", OneText(text));
  if (config) {
    check_shown(format_config(*config));
    for (const ScrapeConfig& job : config->scrape_configs) {
      require(!job.job_name.empty());
      require(job.scrape_timeout <= job.scrape_interval);
    }
  } else {
    check_problems(config.error().message);
  }
  return 0;
}
