#include "sim/schema.h"

#include <gtest/gtest.h>

#include <set>

namespace kubevitals::sim {
namespace {

TEST(Schema, TablesAreSound) {
  for (const std::string_view fault : schema_faults()) ADD_FAILURE() << fault;
}

TEST(Schema, FindsKindsOfEveryGroupAndTheirLists) {
  EXPECT_EQ(find_message("v1", "Pod")->name(), "Pod");
  EXPECT_EQ(find_message("v1", "EndpointsList")->find("items")->message, find_message("v1", "Endpoints"));
  EXPECT_EQ(find_message("apps/v1", "Pod"), nullptr);
  EXPECT_EQ(find_message("", ""), nullptr);
  EXPECT_NE(find_message("autoscaling/v1", "Scale"), nullptr);
  EXPECT_EQ(find_message("autoscaling/v1", "ScaleList"), nullptr);
}

TEST(Schema, OptionsAndPartialMetadataAreOfEveryVersion) {
  EXPECT_NE(find_message("v1", "Status"), nullptr);
  EXPECT_EQ(find_message("apps/v1", "DeleteOptions"), find_message("v1", "DeleteOptions"));
  EXPECT_NE(find_message("meta.k8s.io/v1", "PartialObjectMetadataList"), nullptr);
}

TEST(Schema, AGroupsOwnMessageHidesTheCoreGroupsOfThatName) {
  const Message* slice_port = find_message("discovery.k8s.io/v1", "EndpointSlice")->find("ports")->message;
  const Message* core_port =
      find_message("v1", "Endpoints")->find("subsets")->message->find("ports")->message;
  EXPECT_EQ(slice_port->find("protocol")->number, 2u);
  EXPECT_EQ(core_port->find("protocol")->number, 3u);
}

TEST(Schema, FindsEveryMemberByNameAndNumberAndNothingElse) {
  const Message* pod = find_message("v1", "Pod");
  const Message* container = pod->find("spec")->message->find("containers")->message;
  for (const SchemaField& field : container->fields()) {
    EXPECT_EQ(container->find(field.name), &field);
    EXPECT_EQ(container->find(field.number), &field);
  }
  for (const char* unknown : {"", "n", "nam", "name ", "Name", "imagePullPolicz"}) {
    EXPECT_EQ(container->find(unknown), nullptr) << unknown;
  }
  EXPECT_EQ(container->find(0), nullptr);
  EXPECT_EQ(container->find(4000000000u), nullptr);
}

TEST(Schema, HoistedMembersAreFoundInTheirParent) {
  const Message* volume = find_message("v1", "Pod")->find("spec")->message->find("volumes")->message;
  const SchemaField* source = volume->find("emptyDir");
  ASSERT_NE(source, nullptr);
  EXPECT_TRUE(source->hoisted);
  EXPECT_EQ(source->number, 2u);
  EXPECT_EQ(source->message->find("emptyDir")->number, 2u);
}

}  // namespace
}  // namespace kubevitals::sim
