// The metrics of the usage pillar: Heapster's storage schema.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace kubevitals::usage {

enum class MetricType : std::uint8_t { kCumulative, kGauge, kDelta };
enum class ValueType : std::uint8_t { kInt64, kFloat };
enum class Units : std::uint8_t { kCount, kBytes, kMilliseconds, kNanoseconds };
// Which labels tell the values of a labelled metric apart.
enum class MetricLabels : std::uint8_t { kNone, kResourceId, kAccelerator };

enum class Metric : std::uint8_t {
  kUptime,
  kCpuUsage,
  kCpuLoad,
  kEphemeralStorageUsage,
  kMemoryUsage,
  kMemoryRss,
  kMemoryCache,
  kMemoryWorkingSet,
  kMemoryPageFaults,
  kMemoryMajorPageFaults,
  kNetworkRx,
  kNetworkRxErrors,
  kNetworkTx,
  kNetworkTxErrors,
  kRestartCount,
  kCpuRequest,
  kCpuLimit,
  kMemoryRequest,
  kMemoryLimit,
  kEphemeralStorageRequest,
  kEphemeralStorageLimit,
  kCpuUsageRate,
  kMemoryPageFaultsRate,
  kMemoryMajorPageFaultsRate,
  kNetworkRxRate,
  kNetworkRxErrorsRate,
  kNetworkTxRate,
  kNetworkTxErrorsRate,
  kNodeCpuCapacity,
  kNodeMemoryCapacity,
  kNodeEphemeralStorageCapacity,
  kNodeCpuAllocatable,
  kNodeMemoryAllocatable,
  kNodeEphemeralStorageAllocatable,
  kNodeCpuUtilization,
  kNodeMemoryUtilization,
  kNodeEphemeralStorageUtilization,
  kNodeCpuReservation,
  kNodeMemoryReservation,
  kNodeEphemeralStorageReservation,
  // Labelled from here on.
  kDiskIoRead,
  kDiskIoReadRate,
  kDiskIoWrite,
  kDiskIoWriteRate,
  kFilesystemUsage,
  kFilesystemLimit,
  kFilesystemAvailable,
  kFilesystemInodes,
  kFilesystemInodesFree,
  kAcceleratorMemoryTotal,
  kAcceleratorMemoryUsed,
  kAcceleratorDutyCycle,
};
inline constexpr std::size_t kMetricCount = static_cast<std::size_t>(Metric::kAcceleratorDutyCycle) + 1;
inline constexpr Metric kFirstLabelledMetric = Metric::kDiskIoRead;

struct MetricDescriptor {
  std::string_view name;  // "cpu/usage"
  MetricType type;
  ValueType value_type;
  Units units;
  MetricLabels labels;
  // One that a source reports as it is; the sums over a pod's containers are not made of those that count up.
  bool standard;
  bool exported;  // by the export API
  std::string_view description;
};

const MetricDescriptor& describe(Metric metric);
std::optional<Metric> find_metric(std::string_view name);

// "cumulative", "gauge", "delta"; "int64", "double"; "", "bytes", "ms", "ns": as the APIs write them.
std::string_view to_string(MetricType type);
std::string_view to_string(ValueType type);
std::string_view to_string(Units units);

// From what counts up to how fast it does: the rates that are made of the differences of two scrapes.
struct RateOf {
  Metric counter;
  Metric rate;
};
std::span<const RateOf> rates();           // of plain metrics
std::span<const RateOf> labelled_rates();  // of labelled ones

}  // namespace kubevitals::usage
