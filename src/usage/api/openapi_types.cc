#include "usage/api/openapi_types.h"

namespace kubevitals::usage {
namespace {

constexpr std::string_view kMetrics = "io.k8s.metrics.pkg.apis.metrics.v1beta1.";
constexpr std::string_view kMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.";
constexpr std::string_view kResource = "io.k8s.apimachinery.pkg.api.resource.";

constexpr OpenApiField kApiVersion = {"apiVersion", "string", "Group and version of this type."};
constexpr OpenApiField kKind = {"kind", "string", "The name of this type."};
constexpr OpenApiField kMetadata = {"metadata", "ObjectMeta",
                                    "Whose metrics these are: its name and labels."};
constexpr OpenApiField kListMetadata = {"metadata", "ListMeta", "Data about the list; there is none."};
constexpr OpenApiField kTimestamp = {"timestamp", "Time", "The end of the time that the use of CPU is of.",
                                     true};
constexpr OpenApiField kWindow = {"window", "Duration", "How long that time is.", true};
constexpr OpenApiField kUsage = {
    "usage", "map[]Quantity",
    "What is used: of cpu the mean over the window, in cores; of memory the working set, in bytes.", true};

constexpr OpenApiField kNodeMetrics[] = {kApiVersion, kKind, kMetadata, kTimestamp, kUsage, kWindow};
constexpr OpenApiField kPodMetrics[] = {
    kApiVersion, {"containers", "[]ContainerMetrics", "What each of the pod's containers uses.", true},
    kKind,       kMetadata,
    kTimestamp,  kWindow};
constexpr OpenApiField kNodeMetricsList[] = {
    kApiVersion, {"items", "[]NodeMetrics", "The nodes' metrics.", true}, kKind, kListMetadata};
constexpr OpenApiField kPodMetricsList[] = {
    kApiVersion, {"items", "[]PodMetrics", "The pods' metrics.", true}, kKind, kListMetadata};
constexpr OpenApiField kContainerMetrics[] = {{"name", "string", "The container's name.", true}, kUsage};

constexpr OpenApiField kObjectMeta[] = {
    {"annotations", "map[]string", "Texts that tools attach to an object. Metrics have none."},
    {"creationTimestamp", "Time", "When the object was made: metrics are made when they are asked for."},
    {"deletionGracePeriodSeconds", "integer", "How long an object may take to end. Metrics have none."},
    {"deletionTimestamp", "Time", "When an object is to be gone. Metrics have none."},
    {"finalizers", "[]string", "Who has to agree before an object is deleted. Metrics have none."},
    {"generateName", "string", "What a name that the server chooses begins with. Metrics have none."},
    {"generation", "integer", "Counts the changes of what is wanted of an object. Metrics have none."},
    {"labels", "map[]string", "The labels of the pod or node; selectors go by them."},
    {"managedFields", "[]ManagedFieldsEntry", "Who has set which fields. Metrics have none."},
    {"name", "string", "The name of the pod or node."},
    {"namespace", "string", "The pod's namespace; nodes are in none."},
    {"ownerReferences", "[]OwnerReference", "The objects that one belongs to. Metrics have none."},
    {"resourceVersion", "string", "Tells an object's states apart. Metrics have none."},
    {"selfLink", "string", "Where the object was found, in earlier times. Metrics have none."},
    {"uid", "string", "Tells objects of the same name apart. Metrics have none."}};
constexpr OpenApiField kListMeta[] = {
    {"continue", "string", "Where the rest of a list begins. Lists of metrics are always whole."},
    {"remainingItemCount", "integer", "How long the rest of a list is. Lists of metrics are always whole."},
    {"resourceVersion", "string", "Tells a list's states apart. Lists of metrics have none."},
    {"selfLink", "string", "Where the list was found, in earlier times. Lists of metrics have none."}};
constexpr OpenApiField kOwnerReference[] = {
    {"apiVersion", "string", "The owner's group and version.", true},
    {"blockOwnerDeletion", "boolean", "Whether the owner waits for this object's end."},
    {"controller", "boolean", "Whether the owner is the one that manages this object."},
    {"kind", "string", "The owner's type.", true},
    {"name", "string", "The owner's name.", true},
    {"uid", "string", "The owner's uid.", true}};
constexpr OpenApiField kManagedFieldsEntry[] = {
    {"apiVersion", "string", "The version that the fields are named by."},
    {"fieldsType", "string", "How the fields are written: FieldsV1."},
    {"fieldsV1", "FieldsV1", "The fields."},
    {"manager", "string", "Who has set them."},
    {"operation", "string", "How they were set: Apply or Update."},
    {"subresource", "string", "Through which part of the object, where it was not the whole."},
    {"time", "Time", "When they last changed."}};

constexpr OpenApiType kTypes[] = {
    {kMetrics, "NodeMetrics", "What a node uses.", kNodeMetrics, "object", "", true},
    {kMetrics, "NodeMetricsList", "What nodes use.", kNodeMetricsList, "object", "", true},
    {kMetrics, "PodMetrics", "What the containers of a pod use.", kPodMetrics, "object", "", true},
    {kMetrics, "PodMetricsList", "What the containers of pods use.", kPodMetricsList, "object", "", true},
    {kMetrics, "ContainerMetrics", "What a container uses.", kContainerMetrics},
    {kMeta, "ObjectMeta", "What all objects have in common.", kObjectMeta},
    {kMeta, "ListMeta", "What all lists have in common.", kListMeta},
    {kMeta, "OwnerReference", "An object that another one belongs to.", kOwnerReference},
    {kMeta, "ManagedFieldsEntry", "Fields that have been set together.", kManagedFieldsEntry},
    {kMeta, "FieldsV1", "A set of fields, as a tree of their names.", {}},
    {kMeta, "Time", "A time as RFC 3339 has it, such as 2026-01-01T00:00:00Z.", {}, "string", "date-time"},
    {kMeta, "Duration", "A length of time, such as 1m30s.", {}, "string"},
    {kResource, "Quantity", "A number with a unit, such as 250m (a quarter) or 64Mi.", {}, "string"},
};

}  // namespace

std::span<const OpenApiType> openapi_types() {
  return kTypes;
}

}  // namespace kubevitals::usage
