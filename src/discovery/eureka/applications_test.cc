#include "discovery/eureka/applications.h"

#include <gmock/gmock.h>

#include "discovery/recording_sink.h"

namespace kubevitals::discovery::eureka {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string parse(const std::string& xml) {
  const auto group = parse_applications(xml);
  return group ? show_group(*group) : "error: " + group.error().message;
}

// The labels of an instance with these elements, without those that every instance has and that are empty.
std::string instance(const std::string& elements) {
  const auto group = parse_applications("<applications><application><name>APP</name><instance>" + elements +
                                        "</instance></application></applications>");
  if (!group) return "error: " + group.error().message;
  std::string text;
  for (const LabelBlockPtr& target : group->targets) {
    std::vector<Label> labels;
    merge_labels({target.get()}, labels);
    LabelBlockBuilder shown;
    for (const Label& label : labels) {
      constexpr std::string_view kPrefix = "__meta_eureka_app_instance_";
      const std::string_view name = label.name.text();
      const bool usual =
          label.value.empty() || name == "__meta_eureka_app_name" || name.ends_with("country_id");
      if (!usual) shown.add(name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name, label.value);
    }
    text += show_labels(shown.build());
  }
  return text;
}

TEST(Eureka, AnInstanceHasAllLabels) {
  EXPECT_EQ(parse(R"(<?xml version="1.0"?>
<applications><versions__delta>3</versions__delta>
 <application><name>META</name>
  <instance>
   <instanceId>i-1</instanceId><hostName>meta.example.com</hostName><app>META</app><ipAddr>10.0.0.1</ipAddr>
   <status>DOWN</status><overriddenstatus>UP</overriddenstatus>
   <port enabled="true">8080</port><securePort enabled="false">443</securePort><countryId>1</countryId>
   <dataCenterInfo class="c"><name>MyOwn</name><metadata><zone.id>z</zone.id></metadata></dataCenterInfo>
   <leaseInfo><status>x</status><port>1</port></leaseInfo>
   <metadata><management.port>8090</management.port></metadata>
   <homePageUrl>http://h/</homePageUrl><statusPageUrl>http://s/</statusPageUrl><healthCheckUrl>http://c/</healthCheckUrl>
   <vipAddress>vip</vipAddress><secureVipAddress>svip</secureVipAddress>
   <isCoordinatingDiscoveryServer>false</isCoordinatingDiscoveryServer>
  </instance>
 </application>
</applications>)"),
            "eureka: | __address__=meta.example.com:8080 __meta_eureka_app_instance_country_id=1 "
            "__meta_eureka_app_instance_datacenterinfo_metadata_zone_id=z "
            "__meta_eureka_app_instance_datacenterinfo_name=MyOwn "
            "__meta_eureka_app_instance_healthcheck_url=http://c/ "
            "__meta_eureka_app_instance_homepage_url=http://h/ "
            "__meta_eureka_app_instance_hostname=meta.example.com __meta_eureka_app_instance_id=i-1 "
            "__meta_eureka_app_instance_ip_addr=10.0.0.1 "
            "__meta_eureka_app_instance_metadata_management_port=8090 __meta_eureka_app_instance_port=8080 "
            "__meta_eureka_app_instance_port_enabled=true __meta_eureka_app_instance_secure_port=443 "
            "__meta_eureka_app_instance_secure_port_enabled=false "
            "__meta_eureka_app_instance_secure_vip_address=svip __meta_eureka_app_instance_status=DOWN "
            "__meta_eureka_app_instance_statuspage_url=http://s/ __meta_eureka_app_instance_vip_address=vip "
            "__meta_eureka_app_name=META instance=i-1");
}

TEST(Eureka, WhatIsMissingIsEmptyOrAbsent) {
  EXPECT_EQ(parse("<applications><application><instance/></application></applications>"),
            "eureka: | __address__=:80 __meta_eureka_app_instance_country_id=0 "
            "__meta_eureka_app_instance_healthcheck_url= __meta_eureka_app_instance_homepage_url= "
            "__meta_eureka_app_instance_hostname= __meta_eureka_app_instance_id= "
            "__meta_eureka_app_instance_ip_addr= __meta_eureka_app_instance_secure_vip_address= "
            "__meta_eureka_app_instance_status= __meta_eureka_app_instance_statuspage_url= "
            "__meta_eureka_app_instance_vip_address= __meta_eureka_app_name= instance=");
  EXPECT_EQ(instance("<hostName>::1</hostName>"), "__address__=[::1]:80 hostname=::1");
  EXPECT_EQ(instance("<dataCenterInfo/><port/>"), "__address__=:0 port=0 port_enabled=false");
  EXPECT_EQ(parse("<applications></applications>"), "eureka:");
  EXPECT_EQ(parse("<applications/>"), "eureka:");
  EXPECT_EQ(parse("<applications><application><name>X</name></application></applications>"), "eureka:");
}

TEST(Eureka, ManyApplicationsWithManyInstances) {
  const auto group = parse_applications(
      "<x><application><instance><hostName>a</hostName></instance><instance><hostName>b</hostName></instance>"
      "<name>LATE</name></application><application><name>TWO</name><instance><hostName>c</hostName></"
      "instance>"
      "</application></x>");
  ASSERT_TRUE(group);
  ASSERT_EQ(group->targets.size(), 3u);
  EXPECT_THAT(show_labels(group->targets[0]), HasSubstr("app_name=LATE"));
  EXPECT_THAT(show_labels(group->targets[1]), HasSubstr("__address__=b:80"));
  EXPECT_THAT(show_labels(group->targets[2]), HasSubstr("app_name=TWO"));
}

TEST(Eureka, MetadataIsTheMarkupAsItStands) {
  EXPECT_EQ(
      instance("<metadata><a>x &amp; y</a><b><![CDATA[<]]></b><c><d e='f'/>g</c><empty/><blank> </blank>"
               "<k-8/></metadata>"),
      "__address__=:80 metadata_a=x &amp; y metadata_b=<![CDATA[<]]> metadata_blank=  "
      "metadata_c=<d e='f'/>g");
  EXPECT_EQ(instance("<metadata><a>1</a></metadata><metadata><a>2</a><n:b>3</n:b></metadata>"),
            "__address__=:80 metadata_a=2 metadata_b=3");
}

TEST(Eureka, TextsAreWithoutMarkup) {
  EXPECT_EQ(instance("<hostName>a<!-- x -->&#98;<b>skipped</b><![CDATA[&c]]></hostName>"),
            "__address__=ab&c:80 hostname=ab&c");
  EXPECT_EQ(instance("<status>A</status><status>B</status>"), "__address__=:80 status=B");
  EXPECT_EQ(instance("<e:hostName xmlns:e='urn:x'>h</e:hostName>"), "__address__=h:80 hostname=h");
  EXPECT_EQ(instance("<port enabled=' true '> +80 </port><port>81</port>"),
            "__address__=:81 port=81 port_enabled=true");
}

TEST(Eureka, NumbersAndBooleansMustBeSome) {
  EXPECT_EQ(instance("<port>http</port>"), "error: line 1: expected a whole number");
  EXPECT_EQ(instance("<port> </port>"), "error: line 1: expected a whole number");
  EXPECT_EQ(instance("<countryId>1.5</countryId>"), "error: line 1: expected a whole number");
  EXPECT_EQ(instance("<port enabled='yes'>1</port>"),
            "error: line 1: the port's attribute enabled is no boolean");
  EXPECT_EQ(instance("<isCoordinatingDiscoveryServer>no</isCoordinatingDiscoveryServer>"),
            "error: line 1: expected a boolean");
  EXPECT_THAT(parse("<a><versions__delta>x</versions__delta></a>"), HasSubstr("error: "));
}

TEST(Eureka, WhatIsNotWellFormedIsRefused) {
  for (const char* xml :
       {"", "text", "<a>", "<a></b>", "<a><application></a>", "<a b=c/>", "<a>\xFF</a>", "<a>&nbsp;</a>",
        "{\"applications\": {}}", "<a><application><instance><hostName>"}) {
    EXPECT_THAT(parse(xml), HasSubstr("error: line ")) << xml;
  }
  EXPECT_EQ(parse("<a/>what follows"), "eureka:");
}

TEST(Eureka, EntitiesAreNotDeclared) {
  const std::string use = "<a><application><instance><hostName>&x;</hostName></instance></application></a>";
  EXPECT_THAT(parse("<!DOCTYPE a [<!ENTITY x 'y'>]>" + use), HasSubstr("it declares an entity"));
  EXPECT_THAT(parse("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + use),
              HasSubstr("it declares an entity"));
  EXPECT_THAT(parse("<!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]>" + use),
              HasSubstr("error: "));
  EXPECT_THAT(parse("<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/x.dtd'>" + use), HasSubstr("not declared"));
  EXPECT_THAT(parse("<!DOCTYPE a><a/>"), Not(HasSubstr("error")));
}

TEST(Eureka, DeepNestingIsPassedOver) {
  std::string xml = "<a>";
  for (int i = 0; i < 100'000; ++i) xml += "<b>";
  for (int i = 0; i < 100'000; ++i) xml += "</b>";
  EXPECT_EQ(parse(xml + "</a>"), "eureka:");
}

}  // namespace
}  // namespace kubevitals::discovery::eureka
