#include "data/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "data/test_folder.h"

namespace veil {
namespace {

namespace fs = std::filesystem;

unsigned mode_of(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_mode & 0777u;
}

TEST(Files, WritesAndReads) {
  const TestFolder folder;
  const fs::path path = folder.path() / "a";
  const Bytes bytes{1, 2, 3};
  ASSERT_TRUE(write_file_atomically(path, bytes, false).ok());
  EXPECT_EQ(*read_file(path), bytes);
  ASSERT_TRUE(write_file_atomically(path, {}, false).ok());
  EXPECT_TRUE(read_file(path)->empty());
  EXPECT_EQ(folder.files(), 1u);
}

TEST(Files, SecretsAreForTheOwnerOnly) {
  const TestFolder folder;
  const mode_t old = ::umask(022);
  const Bytes bytes{1};
  ASSERT_TRUE(write_file_atomically(folder.path() / "secret", bytes, true).ok());
  ASSERT_TRUE(write_file_atomically(folder.path() / "public", bytes, false).ok());
  EXPECT_EQ(mode_of(folder.path() / "secret"), 0600u);
  EXPECT_EQ(mode_of(folder.path() / "public"), 0644u);
  ASSERT_TRUE(write_file_atomically(folder.path() / "public", bytes, true).ok());
  EXPECT_EQ(mode_of(folder.path() / "public"), 0600u);
  ::umask(old);
}

template <class T>
std::string message(const Result<T>& result) {
  return result.ok() ? "" : result.error().message;
}

TEST(Files, FailuresAreSentences) {
  const TestFolder folder;
  const std::string base = folder.path().string();
  EXPECT_EQ(message(read_file(folder.path() / "none")).find("Cannot read '"), 0u);
  EXPECT_NE(message(read_file(folder.path() / "none")).find("there is no such file."), std::string::npos);
  EXPECT_NE(message(read_file(folder.path())).find("it is a folder."), std::string::npos);
  EXPECT_NE(message(write_file_atomically(folder.path(), {}, false)).find("it is a folder."), std::string::npos);
  EXPECT_NE(message(write_file_atomically(folder.path() / "no" / "file", {}, false)).find("there is no folder"),
            std::string::npos);
  const fs::path large = folder.write("large", std::string(100, 'x'));
  EXPECT_NE(message(read_file(large, 99)).find("is larger than 99 bytes"), std::string::npos);
  EXPECT_EQ(read_file(large, 100)->size(), 100u);
}

TEST(Files, AMissingFileIsComparedWithItsNeighbours) {
  const TestFolder folder;
  folder.write("applicants.csv", "x");
  const std::string file = message(read_file(folder.path() / "aplicants.csv"));
  EXPECT_NE(file.find("did you mean '" + (folder.path() / "applicants.csv").string() + "'?"), std::string::npos)
      << file;
  std::filesystem::create_directories(folder.path() / "results");
  const std::string missing = message(write_file_atomically(folder.path() / "reslts" / "deep" / "file", {}, false));
  EXPECT_NE(missing.find("there is no folder '" + (folder.path() / "reslts").string() + "'"), std::string::npos)
      << missing;
  EXPECT_NE(missing.find("did you mean '" + (folder.path() / "results").string() + "'?"), std::string::npos) << missing;
  EXPECT_EQ(message(read_file(folder.path() / "nothing like it")).find("did you mean"), std::string::npos);
  EXPECT_NE(message(read_file("no-such-file-here")).find("there is no such file."), std::string::npos);
}

TEST(Files, FullDisk) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  const Bytes bytes(10000, 1);
  const Status status = write_file_atomically("/dev/full", bytes, false);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "Cannot write '/dev/full': No space left on device.");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

// A limit on the size of files stands for a disk that becomes full in the middle of a file.
TEST(Files, NothingIsHalfWritten) {
  const TestFolder folder;
  const fs::path path = folder.write("kept", "old");
  struct rlimit old {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { 1000, old.rlim_max };
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = write_file_atomically(path, Bytes(10000, 1), false);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("File too large."), std::string::npos) << status.error().message;
  EXPECT_EQ(*read_file(path), (Bytes{'o', 'l', 'd'}));
  EXPECT_EQ(folder.files(), 1u);
}

}  // namespace
}  // namespace veil
