// What each sink makes of a batch, as text.
#include <gmock/gmock.h>

#include <protozero/pbf_reader.hpp>

#include "usage/sinks/graphite/graphite.h"
#include "usage/sinks/http_answer.h"
#include "usage/sinks/influxdb/influxdb.h"
#include "usage/sinks/kafka/kafka.h"
#include "usage/sinks/log/log.h"
#include "usage/sinks/opentsdb/opentsdb.h"
#include "usage/sinks/remote_write/remote_write.h"
#include "usage/sinks/statsd/statsd.h"
#include "usage/sinks/test_batch.h"
#include "usage/sinks/text.h"

namespace kubevitals::usage {
namespace {

using testing::HasSubstr;
using testing::Not;

FlagUri uri_of(std::string_view text) {
  const Result<FlagUri> uri = parse_flag_uri(text);
  EXPECT_TRUE(uri) << text;
  return uri ? *uri : FlagUri{};
}

template <typename T>
std::string message_of(const Result<T>& result) {
  return result ? "" : result.error().message;
}

TEST(LogFormat, TimesAreAsGoPrintsThem) {
  EXPECT_EQ(log_time(kTestTime), "2026-01-01 00:02:00 +0000 UTC 1767225720000000000");
  EXPECT_EQ(log_time(kTestTime + 120'300'000), "2026-01-01 00:02:00.1203 +0000 UTC 1767225720120300000");
  EXPECT_EQ(log_time(kNoTime), "0001-01-01 00:00:00 +0000 UTC -6795364578871345152");
  EXPECT_EQ(log_time(-1), "1969-12-31 23:59:59.999999999 +0000 UTC -1");
}

TEST(LogFormat, Set) {
  const std::string text =
      text_of_batch(*test_batch(), [](const MetricSet& set, const SetLabels& labels, Nanos, Piece& piece) {
        if (set.type() == SetType::kNode) append_log_text(set, labels, piece.text);
      });
  EXPECT_EQ(text, R"(MetricSet: node:node-0
   Scrape time: 2026-01-01 00:01:59.5 +0000 UTC 1767225719500000000
   Create time: 2025-12-31 23:02:00 +0000 UTC 1767222120000000000
   Labels:
      host_id = 
      hostname = node-0.example
      labels = zone:a b
      nodename = node-0
      type = node
   Metrics:
      cpu/node_utilization = 0.046875
      cpu/usage = 12000000000
      memory/node_capacity = 137438953472.000000
      memory/usage = 1000
   Labeled Metrics:
      filesystem/usage = 4096
         resource_id = /
      filesystem/usage = 512
         resource_id = Volume:data.x

)");
}

std::string graphite(const GraphiteOptions& options) {
  return text_of_batch(*test_batch(), [&](const auto& set, const auto& labels, Nanos time, Piece& piece) {
    append_graphite(options, set, labels, time, piece);
  });
}

TEST(GraphiteFormat, Batch) {
  EXPECT_EQ(graphite({}), R"(kubernetes.cluster.cpu.request 250 1767225720
kubernetes.namespaces.default.cpu.request 250 1767225720
kubernetes.nodes.node-0_example.cpu.usage 12000000000 1767225720
kubernetes.nodes.node-0_example.memory.usage 1000 1767225720
kubernetes.nodes.node-0_example.memory.node_capacity 137438953472.000000 1767225720
kubernetes.nodes.node-0_example.cpu.node_utilization 0.046875 1767225720
kubernetes.nodes.node-0_example.filesystem.usage 4096 1767225720
kubernetes.nodes.node-0_example.filesystem.usage 512 1767225720
kubernetes.nodes.node-0_example.sys-containers.kubelet.memory.usage 77 1767225720
kubernetes.nodes.node-0_example.pods.default.web_0.network.rx_rate 0.100000 1767225720
kubernetes.nodes.node-0_example.pods.default.web_0.containers.app.cpu.limit 500 1767225720
)");
}

TEST(GraphiteFormat, Options) {
  const auto options = read_graphite_options(uri_of("graphite:udp://h:1?prefix=a.b&resource_ids=true"));
  ASSERT_TRUE(options) << message_of(options);
  EXPECT_TRUE(options->udp);
  EXPECT_EQ(options->host + ":" + options->port, "h:1");
  const std::string text = graphite(*options);
  EXPECT_THAT(text, HasSubstr("a.b.nodes.node-0_example.filesystem._.usage 4096 1767225720\n"));
  EXPECT_THAT(text, HasSubstr("a.b.nodes.node-0_example.filesystem.Volume:data_x.usage 512 1767225720\n"));
  EXPECT_EQ(read_graphite_options(uri_of("graphite:tcp://h"))->port, "2003");
  EXPECT_EQ(message_of(read_graphite_options(uri_of("graphite:http://h"))),
            "the protocol must be tcp or udp, not http");
}

std::string statsd(std::string_view uri) {
  const Result<StatsdOptions> options = read_statsd_options(uri_of(uri));
  EXPECT_TRUE(options) << message_of(options);
  if (!options) return "";
  return text_of_batch(*test_batch(), [&](const auto& set, const auto& labels, Nanos, Piece& piece) {
    append_statsd(*options, ",", set, labels, piece);
  });
}

TEST(StatsdFormat, Etsy) {
  EXPECT_EQ(statsd("statsd:udp://h:1?prefix=k8s.x."), R"(k8s_x_.cluster.cpu/request:250|g
k8s_x_.namespace.default.cpu/request:250|g
k8s_x_.node.node-0_example.zone.a b.cpu/usage:12000000000|g
k8s_x_.node.node-0_example.zone.a b.memory/usage:1000|g
k8s_x_.node.node-0_example.zone.a b.memory/node_capacity:1.37438953472e+11|g
k8s_x_.node.node-0_example.zone.a b.cpu/node_utilization:0.046875|g
k8s_x_.node.node-0_example.zone.a b.filesystem/usage./:4096|g
k8s_x_.node.node-0_example.zone.a b.filesystem/usage.Volume:data_x:512|g
k8s_x_.node.node-0_example.sys-container.kubelet.memory/usage:77|g
k8s_x_.node.node-0_example.namespace.default.pod.web_0.app.web.team_x.a.network/rx_rate:0.1|g
k8s_x_.node.node-0_example.namespace.default.pod.web_0.container.app.app.web.team_x.a.cpu/limit:500|g
)");
}

TEST(StatsdFormat, Influx) {
  const std::string text = statsd("statsd:udp://h:1?protocolType=influxstatsd&prefix=k8s.");
  EXPECT_THAT(text, HasSubstr("k8s.cpu/request,type=cluster:250|g\n"));
  EXPECT_THAT(text, HasSubstr("k8s.filesystem/usage,hostname=node-0.example,nodename=node-0,"
                              "resource_id=Volume_data.x,type=node,zone=a b:512|g\n"));
  EXPECT_THAT(text, HasSubstr("k8s.cpu/limit,app=web,container_base_image=registry/app_1,container_name=app,"
                              "hostname=node-0.example,namespace_id=ns-uid,namespace_name=default,"
                              "nodename=node-0,pod_id=pod-uid,pod_name=web.0,team_x=a,"
                              "type=pod_container:500|g\n"));
}

TEST(StatsdFormat, LabelsAreChosenAndRenamed) {
  const std::string text = statsd(
      "statsd:udp://"
      "h:1?protocolType=InfluxStatsd&allowedLabels=pod_name,labels,type&renameLabels=type:k8s_type"
      "&labelStyle=lowerCamelCase");
  EXPECT_THAT(text, HasSubstr("cpu/limit,app=web,podName=web.0,teamX=a,k8sType=pod_container:500|g\n"));
  EXPECT_THAT(statsd("statsd:?protocolType=influxstatsd&allowedLabels="), HasSubstr("\ncpu/usage:"));
  EXPECT_THAT(statsd("statsd:?allowedLabels=type"), HasSubstr("\nnode.node-0_example.cpu/usage:"));
  EXPECT_THAT(statsd("statsd:?labelStyle=upperCamelCase"), HasSubstr(".pod.web_0.App.web.TeamX.a.network/"));
}

TEST(StatsdFormat, WrongOptions) {
  const auto message = [](std::string_view uri) { return message_of(read_statsd_options(uri_of(uri))); };
  EXPECT_EQ(message("statsd:tcp://h:1"), "the protocol must be udp, not tcp");
  EXPECT_EQ(message("statsd:?renameLabels=type"), "renameLabels: expected old:new, not type");
  EXPECT_EQ(message("statsd:?numMetricsPerMsg=0"), "numMetricsPerMsg: must be at least 1");
  EXPECT_EQ(message("statsd:?protocolType=x"), "protocolType: expected etsystatsd or influxstatsd, not x");
  EXPECT_EQ(message("statsd:?labelStyle=x"), "labelStyle: expected lowerCamelCase or upperCamelCase, not x");
}

TEST(OpentsdbFormat, Batch) {
  const std::string text =
      text_of_batch(*test_batch(), [](const auto& set, const auto& labels, Nanos time, Piece& piece) {
        append_opentsdb({}, set, labels, time, piece);
      });
  EXPECT_THAT(text, testing::StartsWith(R"({"metric":"cpu_request_gauge","timestamp":1767225720,"value":250,)"
                                        R"("tags":{"cluster":"k8s-cluster","type":"cluster"}},)"));
  EXPECT_THAT(text, HasSubstr(R"({"metric":"memory_node_capacity_gauge","timestamp":1767225720,)"
                              R"("value":137438953472,"tags":{"cluster":"k8s-cluster",)"
                              R"("hostname":"node-0.example","labels":"zone_a_b","nodename":"node-0",)"
                              R"("type":"node"}},)"));
  EXPECT_THAT(text, HasSubstr("cpu_usage_cumulative"));
  EXPECT_THAT(text, Not(HasSubstr("filesystem")));
}

TEST(OpentsdbFormat, Answer) {
  EXPECT_EQ(read_opentsdb_failures(R"({"success":1,"failed":2})"), 2);
  EXPECT_EQ(read_opentsdb_failures(R"({"success":1,"failed":0})"), 0);
  EXPECT_EQ(read_opentsdb_failures("<html>"), std::nullopt);
  EXPECT_EQ(read_opentsdb_failures(""), std::nullopt);
}

std::string influxdb(const InfluxdbFormat& format) {
  return text_of_batch(*test_batch(), [&](const auto& set, const auto& labels, Nanos time, Piece& piece) {
    append_influxdb(format, set, labels, time, piece);
  });
}

TEST(InfluxdbFormat, Batch) {
  EXPECT_EQ(influxdb({}), R"(cpu/request,cluster_name=default,type=cluster value=250i 1767225720000
cpu/request,cluster_name=default,namespace_name=default,type=ns value=250i 1767225720000
cpu/usage,cluster_name=default,labels=zone:a\ b,nodename=node-0,type=node value=12000000000i 1767225720000
memory/usage,cluster_name=default,labels=zone:a\ b,nodename=node-0,type=node value=1000i 1767225720000
memory/node_capacity,cluster_name=default,labels=zone:a\ b,nodename=node-0,type=node value=137438953472 1767225720000
cpu/node_utilization,cluster_name=default,labels=zone:a\ b,nodename=node-0,type=node value=0.046875 1767225720000
filesystem/usage,cluster_name=default,labels=zone:a\ b,nodename=node-0,resource_id=/,type=node value=4096i 1767225720000
filesystem/usage,cluster_name=default,labels=zone:a\ b,nodename=node-0,resource_id=Volume:data.x,type=node value=512i 1767225720000
memory/usage,cluster_name=default,container_name=kubelet,nodename=node-0,type=sys_container value=77i 1767225720000
network/rx_rate,cluster_name=default,labels=app:web\,empty:\,team_x:a,namespace_name=default,nodename=node-0,pod_name=web.0,type=pod value=0.1 1767225720000
cpu/limit,cluster_name=default,container_base_image=registry/app:1,container_name=app,labels=app:web\,empty:\,team_x:a,namespace_name=default,nodename=node-0,pod_name=web.0,type=pod_container value=500i 1767225720000
)");
}

TEST(InfluxdbFormat, FieldsAndCounters) {
  InfluxdbFormat format;
  format.with_fields = true;
  format.cluster_name = "a b";
  const std::string text = influxdb(format);
  EXPECT_THAT(text, HasSubstr("cpu,cluster_name=a\\ b,labels=zone:a\\ b,nodename=node-0,type=node "
                              "usage=12000000000i,node_utilization=0.046875 1767225720000\n"));
  EXPECT_THAT(text, HasSubstr("nodename=node-0,resource_id=/,type=node usage=4096i 1767225720000\n"));
  format.disable_counters = true;
  EXPECT_THAT(influxdb(format), HasSubstr("type=node node_utilization=0.046875 1767225720000\n"));
}

TEST(InfluxdbOptions, Read) {
  const auto defaults = read_influxdb_options(uri_of("influxdb:"));
  ASSERT_TRUE(defaults) << message_of(defaults);
  EXPECT_EQ(defaults->url, "http://localhost:8086");
  EXPECT_EQ(defaults->user + defaults->password + defaults->database, "rootrootk8s");
  const auto all = read_influxdb_options(
      uri_of("influxdb:http://[::1]:80/x/?secure=true&user=u&pw=p&db=d&retention=1d12h&concurrency=3"
             "&withfields=1&cluster_name=c&disable_counter_metrics=true&insecuressl=true"));
  ASSERT_TRUE(all) << message_of(all);
  EXPECT_EQ(all->url, "https://[::1]:80/x");
  EXPECT_EQ(all->user + all->password + all->database + all->retention, "upd1d12h");
  EXPECT_EQ(all->concurrency, 3U);
  EXPECT_TRUE(all->format.with_fields && all->format.disable_counters && all->transport.insecure_skip_verify);
  const auto message = [](std::string_view uri) { return message_of(read_influxdb_options(uri_of(uri))); };
  EXPECT_EQ(message("influxdb:?retention=4h;DROP"), "retention: expected a duration such as 4h, not 4h;DROP");
  EXPECT_EQ(message("influxdb:?retention=inf"), "");
  EXPECT_EQ(message("influxdb:?concurrency=0"), "concurrency: must be at least 1");
  EXPECT_EQ(message("influxdb:?token=x"), "token and bucket must be set together");
  EXPECT_EQ(message("influxdb:?withfields=maybe"), "withfields: expected true or false, not maybe");
}

TEST(InfluxdbAnswer, Errors) {
  EXPECT_EQ(read_influxdb_error(R"({"results":[{"statement_id":0}]})"), std::nullopt);
  EXPECT_EQ(read_influxdb_error(R"({"results":[{"statement_id":0,"error":"no"}]})"), "no");
  EXPECT_EQ(read_influxdb_error(R"({"error":"unable"})"), "unable");
  EXPECT_EQ(read_influxdb_error(R"({"code":"unauthorized","message":"go away"})"), "go away");
  EXPECT_EQ(read_influxdb_error("{"), std::nullopt);
}

TEST(HttpAnswer, WhatItMeans) {
  net::HttpResponse answer;
  answer.status = 204;
  EXPECT_TRUE(check_status(answer, "cannot write", ""));
  answer.status = 429;
  answer.headers.add("Retry-After", "17");
  const Result<void> busy = check_status(answer, "cannot write", "slow down");
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, ErrorCode::kTooManyRequests);
  EXPECT_EQ(busy.error().message, "cannot write: HTTP 429: slow down");
  EXPECT_EQ(busy.error().retry_after, std::chrono::seconds(17));
  answer.headers.set("Retry-After", "soon");
  EXPECT_EQ(check_status(answer, "cannot write", "").error().retry_after, Duration::zero());
}

TEST(KafkaFormat, Messages) {
  const std::string text =
      text_of_batch(*test_batch(), [](const auto& set, const auto& labels, Nanos time, Piece& piece) {
        append_kafka(set, labels, time, piece);
      });
  EXPECT_THAT(text, testing::StartsWith(
                        R"({"MetricsName":"cpu/request","MetricsValue":{"value":250},)"
                        R"("MetricsTimestamp":"2026-01-01T00:02:00Z","MetricsTags":{"type":"cluster"}})"
                        "\n"));
  EXPECT_THAT(text, HasSubstr(R"({"MetricsName":"filesystem/usage","MetricsValue":{"value":512},)"
                              R"("MetricsTimestamp":"2026-01-01T00:02:00Z","MetricsTags":{"host_id":"",)"
                              R"("hostname":"node-0.example","labels":"zone:a b","nodename":"node-0",)"
                              R"("resource_id":"Volume:data.x","type":"node"}})"
                              "\n"));
}

TEST(KafkaOptions, Read) {
  const auto options = read_kafka_options(
      uri_of("kafka:?brokers=a:1&brokers=b:2&timeseriestopic=t&compression=lz4&user=u&password=p&cacert=/c"));
  ASSERT_TRUE(options) << message_of(options);
  EXPECT_EQ(options->topic, "t");
  EXPECT_THAT(options->settings, testing::IsSupersetOf(KafkaSettings{{"bootstrap.servers", "a:1,b:2"},
                                                                     {"compression.codec", "lz4"},
                                                                     {"security.protocol", "sasl_ssl"},
                                                                     {"ssl.ca.location", "/c"},
                                                                     {"sasl.password", "p"}}));
  const auto message = [](std::string_view uri) { return message_of(read_kafka_options(uri_of(uri))); };
  EXPECT_EQ(message("kafka:"), "brokers: at least one is needed");
  EXPECT_EQ(message("kafka:?brokers=a&compression=x"),
            "compression: expected none, gzip, snappy or lz4, not x");
  EXPECT_EQ(message("kafka:?brokers=a&user=u"), "user and password must be set together");
}

TEST(RemoteWriteFormat, Names) {
  EXPECT_EQ(remote_write_name({}, "cpu/usage", MetricType::kCumulative), "kubevitals_cpu_usage_total");
  EXPECT_EQ(remote_write_name({}, "nvidia.com/gpu/request", MetricType::kGauge),
            "kubevitals_nvidia_com_gpu_request");
  EXPECT_EQ(remote_write_name({"", ""}, "9", MetricType::kGauge), "_9");
}

// A decoded label or sample; protozero knows the protocol apart from our own code.
std::string series_of(protozero::pbf_reader series) {
  std::string text;
  while (series.next()) {
    // The reader forgets a tag with the value that it was read for.
    const bool label = series.tag() == 1;
    protozero::pbf_reader part = series.get_message();
    while (part.next()) {
      const bool first = part.tag() == 1;
      if (label) {
        text.append(part.get_string()).append(first ? "=" : ",");
      } else if (first) {
        text.append(std::to_string(part.get_double()));
      } else {
        text.append("@").append(std::to_string(part.get_int64()));
      }
    }
  }
  return text;
}

TEST(RemoteWriteFormat, Message) {
  RemoteWriteFormat format;
  format.cluster = "c";
  LabelFormat labels_format;
  labels_format.store("Team=team_x");  // sorts before __name__
  const RemoteWriter writer(format, ",");
  const std::string message = text_of_batch(
      *test_batch(),
      [&](const auto& set, const auto& labels, Nanos time, Piece& piece) {
        writer.append(set, labels, time, piece);
      },
      labels_format);
  std::vector<std::string> series;
  protozero::pbf_reader request(message);
  while (request.next(1)) series.push_back(series_of(request.get_message()));
  EXPECT_EQ(series.size(), 11U);
  EXPECT_EQ(series.front(),
            "__name__=kubevitals_cpu_request,cluster=c,type=cluster,250.000000@1767225720000");
  EXPECT_THAT(series, testing::Contains("__name__=kubevitals_filesystem_usage,cluster=c,label_zone=a b,"
                                        "nodename=node-0,resource_id=Volume:data.x,type=node,"
                                        "512.000000@1767225720000"));
  EXPECT_EQ(series.back(),
            "Team=a,__name__=kubevitals_cpu_limit,cluster=c,container_base_image=registry/app:1,"
            "container_name=app,label_app=web,label_team_x=a,namespace_name=default,nodename=node-0,"
            "pod_name=web.0,type=pod_container,500.000000@1767225720000");
}

TEST(RemoteWriteOptions, Read) {
  const auto options = read_remote_write_options(
      uri_of("remote_write:https://h:1?header=X-Scope-OrgID:%20a&cluster_name=c&user=u&pw=p&prefix=x_"));
  ASSERT_TRUE(options) << message_of(options);
  EXPECT_EQ(options->url, "https://h:1/api/v1/write");
  EXPECT_EQ(options->headers.find("x-scope-orgid"), "a");
  EXPECT_EQ(options->format.cluster + options->user + options->password, "cup");
  const auto message = [](std::string_view uri) {
    return message_of(read_remote_write_options(uri_of(uri)));
  };
  EXPECT_THAT(message("remote_write:h:1"), HasSubstr("expected a URL"));
  EXPECT_THAT(message("remote_write:http://h?user=u&bearer_token=t"), HasSubstr("only one of"));
  EXPECT_THAT(message("remote_write:http://h?header=x"), HasSubstr("header: expected"));
}

TEST(SinkText, Json) {
  std::string text;
  append_json_text(text, "a\"\\\n\t\r<\x01\xc3\xa9\xff");
  EXPECT_EQ(text, "\"a\\\"\\\\\\n\\t\\r\\u003c\\u0001\xc3\xa9\\ufffd\"");
  const auto json = [](double value) {
    std::string out;
    append_json_value(out, {"", ValueType::kFloat, MetricType::kGauge, from_float(value)});
    return out;
  };
  EXPECT_EQ(json(0), "0");
  EXPECT_EQ(json(1e20), "100000000000000000000");
  EXPECT_EQ(json(1e21), "1e+21");
  EXPECT_EQ(json(1.5e-7), "1.5e-7");
  EXPECT_EQ(json(1e-6), "0.000001");
  EXPECT_EQ(json(1e-10), "1e-10");
}

TEST(SinkText, WhatIsNotFiniteIsLeftOut) {
  NodeBlock block;
  NodeInfo info;
  info.name = "n";
  block.info = std::make_shared<const NodeInfo>(info);
  block.node.add_row(0, 0);
  block.node.set(Metric::kNodeCpuUtilization, 0, from_float(1.0 / 0.0));
  Batch batch;
  batch.nodes.push_back(std::make_shared<const NodeBlock>(std::move(block)));
  const auto none = [&](auto append) { EXPECT_EQ(text_of_batch(batch, append), ""); };
  none([](const auto& set, const auto& labels, Nanos time, Piece& piece) {
    append_graphite({}, set, labels, time, piece);
    append_statsd({}, ",", set, labels, piece);
    append_opentsdb({}, set, labels, time, piece);
    append_influxdb({}, set, labels, time, piece);
    append_kafka(set, labels, time, piece);
    RemoteWriter({}, ",").append(set, labels, time, piece);
  });
}

}  // namespace
}  // namespace kubevitals::usage
