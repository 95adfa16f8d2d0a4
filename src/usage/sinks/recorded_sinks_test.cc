// What the sinks make of the batches that the incumbent logged, against what its own sinks sent of them in
// the same run.
#include <gmock/gmock.h>

#include <cstdio>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "usage/sinks/graphite/graphite.h"
#include "usage/sinks/influxdb/line_protocol.h"
#include "usage/sinks/log/log.h"
#include "usage/sinks/opentsdb/opentsdb.h"
#include "usage/sinks/statsd/statsd.h"
#include "usage/sinks/test_batch.h"
#include "usage/sources/json.h"
#include "usage/sources/source.h"

namespace kubevitals::usage {
namespace {

using Lines = std::multiset<std::string>;

// The log has no more digits of a float.
std::string rounded(const std::string& number) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.6f", std::stod(number));
  return text;
}

// Lines "name<separator>number…" with the number rounded.
Lines lines_of(const std::string& text, char separator) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const std::size_t at = line.find_last_of(separator);
    if (line.empty() || line.starts_with("---") || at == std::string::npos) continue;
    lines.insert(line.substr(0, at + 1) + rounded(line.substr(at + 1)));
  }
  return lines;
}

class RecordedSinks : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = recorded_text("summary/heapster.log");
    if (path.empty()) GTEST_SKIP() << "KUBEVITALS_USAGE_RECORDINGS is not set";
    log_ = read_file(path);
    batches_ = read_log(log_);
    ASSERT_EQ(batches_.size(), 2U);
  }

  template <typename Append>
  std::string text(Append&& append) const {
    std::string all;
    for (const auto& batch : batches_) all.append(text_of_batch(*batch, append));
    return all;
  }
  std::string recorded(std::string_view file) const {
    std::string text = read_file(recorded_text("summary/sinks/" + std::string(file)));
    if (!file.ends_with(".gz")) return text;
    // The incumbent's Elasticsearch sink adds a label to the sets that all sinks share, so that others send
    // it now and then.
    for (const std::string_view mark : {",cluster_name=default", ",\"cluster_name\":\"default\""}) {
      for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;) text.erase(at, mark.size());
    }
    return text;
  }
  // What is in one and not in the other, both ways; a few of each.
  static void expect_same(const Lines& ours, const Lines& theirs) {
    EXPECT_GT(theirs.size(), 900U);
    std::vector<std::string> only_ours;
    std::vector<std::string> only_theirs;
    std::set_difference(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                        std::back_inserter(only_ours));
    std::set_difference(theirs.begin(), theirs.end(), ours.begin(), ours.end(),
                        std::back_inserter(only_theirs));
    only_ours.resize(std::min<std::size_t>(only_ours.size(), 5));
    only_theirs.resize(std::min<std::size_t>(only_theirs.size(), 5));
    EXPECT_THAT(only_ours, testing::IsEmpty());
    EXPECT_THAT(only_theirs, testing::IsEmpty());
  }

  std::string log_;
  std::vector<std::shared_ptr<const Batch>> batches_;
};

TEST_F(RecordedSinks, Log) {
  for (const auto& batch : batches_) {
    std::map<std::string, std::string> sets;
    SetLabels labels;
    for_each_set(*batch, [&](const MetricSet& set) {
      set.fill({}, labels);
      append_log_text(set, labels, sets[set.key()]);
    });
    std::string text = log_heading(batch->timestamp);
    for (const auto& [key, set] : sets) text.append(set);
    EXPECT_NE(log_.find(text), std::string::npos) << text.substr(0, 2000);
  }
}

TEST_F(RecordedSinks, Graphite) {
  GraphiteOptions options;
  options.prefix = "kubernetes.example";
  const std::string ours = text([&](const auto& set, const auto& labels, Nanos time, Piece& piece) {
    append_graphite(options, set, labels, time, piece);
  });
  // The number stands before the time.
  const auto swapped = [](const std::string& lines) {
    return std::regex_replace(lines, std::regex("(\\S+) (\\S+) (\\S+)\n"), "$1@$3 $2\n");
  };
  expect_same(lines_of(swapped(ours), ' '), lines_of(swapped(recorded("graphite.tcp.gz")), ' '));
}

TEST_F(RecordedSinks, Statsd) {
  StatsdOptions options;
  options.prefix = "kubernetes.example.";
  const auto append = [&](const auto& set, const auto& labels, Nanos, Piece& piece) {
    append_statsd(options, ",", set, labels, piece);
  };
  expect_same(lines_of(text(append), ':'), lines_of(recorded("statsd-etsy.udp.gz"), ':'));
  options.protocol = StatsdOptions::Protocol::kInflux;
  expect_same(lines_of(text(append), ':'), lines_of(recorded("statsd-influx.udp.gz"), ':'));
}

TEST_F(RecordedSinks, Opentsdb) {
  const auto points = [](const std::string& text) {
    Lines lines;
    const std::regex point(
        "\\{\"metric\":(\"[^\"]*\",\"timestamp\":[0-9]*),\"value\":([^,]*),(\"tags\":\\{[^}]*\\})\\}");
    for (std::sregex_iterator at(text.begin(), text.end(), point), end; at != end; ++at) {
      lines.insert((*at)[1].str() + (*at)[3].str() + " " + rounded((*at)[2].str()));
    }
    return lines;
  };
  const std::string ours = text([](const auto& set, const auto& labels, Nanos time, Piece& piece) {
    append_opentsdb({}, set, labels, time, piece);
  });
  expect_same(points(ours), points(recorded("opentsdb.http.gz")));
}

// Of a query's answer: for each series its name, and what visit() makes of each row's columns.
std::multiset<std::string> rows_of(std::string body, auto&& visit) {
  std::multiset<std::string> rows;
  body.reserve(body.size() + kBodyPadding);
  const auto read = json::read_document(body, [&](json::Value document) {
    for (const json::Value series : document.at_pointer("/results/0/series").get_array()) {
      const auto name = std::string(json::text(series.at_key("name")));
      for (const json::Value row : series.at_key("values").get_array()) visit(rows, name, row);
    }
  });
  EXPECT_TRUE(read);
  return rows;
}

TEST_F(RecordedSinks, Influxdb) {
  const std::string ours = text([](const auto& set, const auto& labels, Nanos time, Piece& piece) {
    append_influxdb({}, set, labels, time, piece);
  });
  std::map<std::string, std::set<std::string>> series;  // what distinguishes points, by measurement
  std::multiset<std::string> tags;
  std::multiset<std::string> fields;
  std::set<std::string> seen;
  std::istringstream in(ours);
  for (std::string line; std::getline(in, line);) {
    const std::string name = line.substr(0, line.find(','));
    const std::size_t value = line.find(" value=");
    series[name].insert(line.substr(0, value) + line.substr(line.rfind(' ')));
    const bool integer = line[line.rfind(' ') - 1] == 'i';
    if (seen.insert(name + " value").second)
      fields.insert(name + " value " + (integer ? "integer" : "float"));
    const std::string head = line.substr(0, value);
    const std::regex tag("[^\\\\],([^,=]*)=");
    for (std::sregex_iterator at(head.begin(), head.end(), tag), end; at != end; ++at) {
      const std::string key = name + " " + (*at)[1].str();
      if (seen.insert(key).second) tags.insert(key);
    }
  }
  std::multiset<std::string> counts;
  for (const auto& [name, points] : series) counts.insert(name + " " + std::to_string(points.size()));
  EXPECT_EQ(counts, rows_of(recorded("influxdb-k8s_summary.counts.json"),
                            [](auto& rows, const std::string& name, json::Value row) {
                              const std::int64_t count = row.at(1);
                              rows.insert(name + " " + std::to_string(count));
                            }));
  EXPECT_EQ(tags, rows_of(recorded("influxdb-k8s_summary.tag-keys.json"),
                          [](auto& rows, const std::string& name, json::Value row) {
                            rows.insert(name + " " + std::string(json::text(row.at(0))));
                          }));
  EXPECT_EQ(fields, rows_of(recorded("influxdb-k8s_summary.field-keys.json"),
                            [](auto& rows, const std::string& name, json::Value row) {
                              rows.insert(name + " " + std::string(json::text(row.at(0))) + " " +
                                          std::string(json::text(row.at(1))));
                            }));
}

}  // namespace
}  // namespace kubevitals::usage
