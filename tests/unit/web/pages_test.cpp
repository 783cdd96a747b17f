#include "stages/serve/web/pages.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <regex>
#include <set>

#include "stages/serve/web/assets.hpp"
#include "stages/serve/web/gunzip.hpp"
#include "tests/unit/web/responses.hpp"

namespace mlopsctl::serve::web {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

Response get(const std::string& path, std::vector<Header> headers = {}) {
  Request request;
  request.method = "GET";
  request.path = path;
  request.headers = std::move(headers);
  Response got;
  got.status = 0;
  for (const Route& route : pages())
    if (route.path == path) route.run(request, {}, [&](Response response) { got = std::move(response); });
  return got;
}

std::vector<std::string> page_paths() {
  std::vector<std::string> paths;
  for (const Asset& asset : assets())
    if (asset.page) paths.emplace_back(asset.path);
  return paths;
}

std::vector<std::string> matches(const std::string& text, const std::string& expression) {
  const std::regex pattern(expression);
  std::vector<std::string> found;
  for (std::sregex_iterator each(text.begin(), text.end(), pattern), end; each != end; ++each) found.push_back((*each)[1]);
  return found;
}

TEST(Pages, AreRoutesThatAskForNoKey) {
  EXPECT_THAT(page_paths(), Contains("/ui"));
  for (const Route& route : pages()) {
    EXPECT_EQ(route.method, "GET");
    EXPECT_EQ(route.audience, Audience::anyone);
    EXPECT_THAT(route.path, StartsWith("/ui"));
  }
}

TEST(Pages, NameOnlyFilesThatAreThere) {
  std::set<std::string> there;
  for (const Route& route : pages()) there.insert(route.path);
  for (const std::string& path : page_paths()) {
    const std::string html = get(path).body;
    EXPECT_THAT(html, StartsWith("<!doctype html>\n<html lang=\"en\">")) << path;
    EXPECT_THAT(html, Not(HasSubstr("{{"))) << path;
    const auto named = matches(html, R"re((?:href|src)="(/ui[^"]*)")re");
    EXPECT_GE(named.size(), 4u) << path;
    for (const std::string& name : named) EXPECT_THAT(there, Contains(name)) << path;
    EXPECT_THAT(matches(html, R"re(<a href="([^"]*)" aria-current="page">)re"), ::testing::ElementsAre(path));
  }
}

TEST(Pages, HoldNoScriptOrStyleThatThePolicyForbids) {
  for (const std::string& path : page_paths()) {
    const Response page = get(path);
    EXPECT_THAT(header(page, "content-security-policy"), StartsWith("default-src 'none'; script-src 'self'; style-src 'self';"));
    EXPECT_THAT(header(page, "content-security-policy"), Not(HasSubstr("unsafe")));
    EXPECT_THAT(matches(page.body, R"re(<script([^>]*)></script>)re"), ::testing::Each(HasSubstr("src=")));
    EXPECT_THAT(matches(page.body, R"re((<style|<script>| style=| on[a-z]+=|javascript:|https?://))re"), IsEmpty()) << path;
  }
}

TEST(Pages, AreAskedForAgainAndTheirPartsNever) {
  for (const Asset& asset : assets()) {
    const Response first = get(std::string(asset.path));
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(header(first, "cache-control"), asset.page ? "no-cache" : "public, max-age=31536000, immutable");
    EXPECT_EQ(header(first, "x-content-type-options"), "nosniff");
    EXPECT_EQ(asset.page, matches(std::string(asset.path), R"re((\.[0-9a-f]{12}\.[a-z]+)$)re").empty()) << asset.path;
    const Response again = get(std::string(asset.path), {{"if-none-match", header(first, "etag")}});
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.body, "");
  }
}

TEST(Pages, AreCompressedForThoseWhoTakeIt) {
  for (const Asset& asset : assets()) {
    const std::string path(asset.path);
    const Response plain = get(path);
    EXPECT_EQ(header(plain, "content-encoding"), "");
    const Response small = get(path, {{"accept-encoding", "br, gzip;q=0.8"}});
    EXPECT_EQ(header(small, "content-encoding"), "gzip");
    EXPECT_EQ(gunzip({reinterpret_cast<const unsigned char*>(small.body.data()), small.body.size()}), plain.body);
    EXPECT_LT(small.body.size(), std::max<size_t>(plain.body.size(), 400));
    for (const char* refusal : {"gzip;q=0", "gzip; q=0.0, br", "br", "identity"})
      EXPECT_EQ(header(get(path, {{"accept-encoding", refusal}}), "content-encoding"), "") << refusal;
  }
}

}  // namespace
}  // namespace mlopsctl::serve::web
