#include "usage/model/metric.h"

#include <array>

namespace kubevitals::usage {
namespace {

constexpr MetricDescriptor standard(std::string_view name, MetricType type, Units units,
                                    std::string_view description) {
  return {name, type, ValueType::kInt64, units, MetricLabels::kNone, true, true, description};
}

constexpr MetricDescriptor additional(std::string_view name, Units units, bool exported,
                                      std::string_view description) {
  return {name,  MetricType::kGauge, ValueType::kInt64, units, MetricLabels::kNone,
          false, exported,           description};
}

constexpr MetricDescriptor rate(std::string_view name, std::string_view description) {
  return {name,  MetricType::kGauge, ValueType::kFloat, Units::kCount, MetricLabels::kNone, false,
          false, description};
}

constexpr MetricDescriptor labelled(std::string_view name, MetricType type, ValueType value_type, Units units,
                                    MetricLabels labels, std::string_view description) {
  return {name, type, value_type, units, labels, false, true, description};
}

constexpr auto kCumulative = MetricType::kCumulative;
constexpr auto kGauge = MetricType::kGauge;
constexpr auto kInt = ValueType::kInt64;
constexpr auto kFloat = ValueType::kFloat;
constexpr auto kResource = MetricLabels::kResourceId;
constexpr auto kAccelerator = MetricLabels::kAccelerator;

// In the order of the enumeration.
constexpr std::array<MetricDescriptor, kMetricCount> kMetrics{{
    standard("uptime", kCumulative, Units::kMilliseconds, "Time since the container was started"),
    standard("cpu/usage", kCumulative, Units::kNanoseconds, "CPU time used so far, of all cores together"),
    standard("cpu/load", kGauge, Units::kCount, "Load average"),
    standard("ephemeral_storage/usage", kGauge, Units::kBytes, "Ephemeral storage in use"),
    standard("memory/usage", kGauge, Units::kBytes, "Memory in use, caches included"),
    standard("memory/rss", kGauge, Units::kBytes, "Anonymous memory and swap cache"),
    standard("memory/cache", kGauge, Units::kBytes, "Page cache"),
    standard("memory/working_set", kGauge, Units::kBytes, "Memory in use that the kernel cannot easily drop"),
    standard("memory/page_faults", kCumulative, Units::kCount, "Page faults so far"),
    standard("memory/major_page_faults", kCumulative, Units::kCount, "Page faults so far that read a disk"),
    standard("network/rx", kCumulative, Units::kBytes, "Bytes received so far"),
    standard("network/rx_errors", kCumulative, Units::kCount, "Errors while receiving so far"),
    standard("network/tx", kCumulative, Units::kBytes, "Bytes sent so far"),
    standard("network/tx_errors", kCumulative, Units::kCount, "Errors while sending so far"),
    {"restart_count", kCumulative, kInt, Units::kCount, MetricLabels::kNone, false, false,
     "Restarts of the container so far"},
    additional("cpu/request", Units::kCount, false, "Requested CPU in millicores"),
    additional("cpu/limit", Units::kCount, true, "Limit of the CPU in millicores"),
    additional("memory/request", Units::kBytes, false, "Requested memory"),
    additional("memory/limit", Units::kBytes, true, "Limit of the memory"),
    additional("ephemeral_storage/request", Units::kBytes, false, "Requested ephemeral storage"),
    additional("ephemeral_storage/limit", Units::kBytes, false, "Limit of the ephemeral storage"),
    additional("cpu/usage_rate", Units::kCount, false, "CPU in use in millicores, of all cores together"),
    rate("memory/page_faults_rate", "Page faults each second"),
    rate("memory/major_page_faults_rate", "Page faults that read a disk, each second"),
    rate("network/rx_rate", "Bytes received each second"),
    rate("network/rx_errors_rate", "Errors while receiving, each second"),
    rate("network/tx_rate", "Bytes sent each second"),
    rate("network/tx_errors_rate", "Errors while sending, each second"),
    rate("cpu/node_capacity", "CPU of the node in millicores"),
    rate("memory/node_capacity", "Memory of the node in bytes"),
    rate("ephemeral_storage/node_capacity", "Ephemeral storage of the node in bytes"),
    rate("cpu/node_allocatable", "CPU of the node that pods may have, in millicores"),
    rate("memory/node_allocatable", "Memory of the node that pods may have, in bytes"),
    rate("ephemeral_storage/node_allocatable", "Ephemeral storage of the node that pods may have, in bytes"),
    rate("cpu/node_utilization", "CPU in use as a share of what is allocatable"),
    rate("memory/node_utilization", "Memory in use as a share of what is allocatable"),
    rate("ephemeral_storage/node_utilization", "Ephemeral storage in use as a share of what is allocatable"),
    rate("cpu/node_reservation", "Requested CPU as a share of what is allocatable"),
    rate("memory/node_reservation", "Requested memory as a share of what is allocatable"),
    rate("ephemeral_storage/node_reservation",
         "Requested ephemeral storage as a share of what is allocatable"),
    labelled("disk/io_read_bytes", kCumulative, kInt, Units::kBytes, kResource,
             "Bytes read from disk so far"),
    labelled("disk/io_read_bytes_rate", kGauge, kFloat, Units::kCount, kResource,
             "Bytes read from disk each second"),
    labelled("disk/io_write_bytes", kCumulative, kInt, Units::kBytes, kResource,
             "Bytes written to disk so far"),
    labelled("disk/io_write_bytes_rate", kGauge, kFloat, Units::kCount, kResource,
             "Bytes written to disk each second"),
    labelled("filesystem/usage", kGauge, kInt, Units::kBytes, kResource, "Bytes in use on a file system"),
    labelled("filesystem/limit", kGauge, kInt, Units::kBytes, kResource, "Size of a file system"),
    labelled("filesystem/available", kGauge, kInt, Units::kBytes, kResource, "Bytes free on a file system"),
    labelled("filesystem/inodes", kGauge, kInt, Units::kBytes, kResource, "Inodes of a file system"),
    labelled("filesystem/inodes_free", kGauge, kInt, Units::kBytes, kResource,
             "Free inodes of a file system"),
    labelled("accelerator/memory_total", kGauge, kInt, Units::kBytes, kAccelerator,
             "Memory of an accelerator"),
    labelled("accelerator/memory_used", kGauge, kInt, Units::kBytes, kAccelerator,
             "Memory of an accelerator that is in use"),
    labelled("accelerator/duty_cycle", kGauge, kInt, Units::kCount, kAccelerator,
             "Percentage of the last sample period in which an accelerator worked"),
}};

constexpr std::array<RateOf, 7> kRates{{{Metric::kCpuUsage, Metric::kCpuUsageRate},
                                        {Metric::kMemoryPageFaults, Metric::kMemoryPageFaultsRate},
                                        {Metric::kMemoryMajorPageFaults, Metric::kMemoryMajorPageFaultsRate},
                                        {Metric::kNetworkRx, Metric::kNetworkRxRate},
                                        {Metric::kNetworkRxErrors, Metric::kNetworkRxErrorsRate},
                                        {Metric::kNetworkTx, Metric::kNetworkTxRate},
                                        {Metric::kNetworkTxErrors, Metric::kNetworkTxErrorsRate}}};

constexpr std::array<RateOf, 2> kLabelledRates{
    {{Metric::kDiskIoRead, Metric::kDiskIoReadRate}, {Metric::kDiskIoWrite, Metric::kDiskIoWriteRate}}};

}  // namespace

const MetricDescriptor& describe(Metric metric) {
  return kMetrics[static_cast<std::size_t>(metric)];
}

std::optional<Metric> find_metric(std::string_view name) {
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    if (kMetrics[i].name == name) return static_cast<Metric>(i);
  }
  return std::nullopt;
}

std::string_view to_string(MetricType type) {
  switch (type) {
    case MetricType::kCumulative:
      return "cumulative";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kDelta:
      return "delta";
  }
  return "";
}

std::string_view to_string(ValueType type) {
  return type == ValueType::kInt64 ? "int64" : "double";
}

std::string_view to_string(Units units) {
  switch (units) {
    case Units::kCount:
      return "";
    case Units::kBytes:
      return "bytes";
    case Units::kMilliseconds:
      return "ms";
    case Units::kNanoseconds:
      return "ns";
  }
  return "";
}

std::span<const RateOf> rates() {
  return kRates;
}
std::span<const RateOf> labelled_rates() {
  return kLabelledRates;
}

}  // namespace kubevitals::usage
