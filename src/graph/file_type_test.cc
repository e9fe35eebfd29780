#include "graph/file_type.h"

#include <gtest/gtest.h>

namespace veil {
namespace {

using namespace std::string_literals;

std::string name_of(const std::string& text) { return std::string(file_type(as_bytes(text)).name); }

TEST(FileType, FilesThatAreTakenForOthers) {
  EXPECT_EQ(name_of("PK\x03\x04 junk archive/data.pkl"), "a PyTorch file");
  EXPECT_EQ(name_of("PK\x03\x04 junk model.weights.h5"), "a file of Keras");
  EXPECT_EQ(name_of("PK\x03\x04 junk [Content_Types].xml"), "an Excel workbook");
  EXPECT_EQ(name_of("PK\x03\x04 junk x.npy"), "an archive of numpy (.npz)");
  EXPECT_EQ(name_of("PK\x03\x04 junk"), "a ZIP archive");
  EXPECT_EQ(name_of("\x89HDF\r\n\x1a\n"), "an HDF5 file, as Keras writes it");
  EXPECT_EQ(name_of("\x80\x04\x95 pickle"), "a Python pickle");
  EXPECT_EQ(name_of("\x1c\0\0\0TFL3"s), "a TensorFlow Lite model");
  EXPECT_EQ(name_of("\x10\0\0\0\0\0\0\0{\"w\":1}"s), "a file of weights alone (safetensors)");
  EXPECT_EQ(name_of("<!DOCTYPE html>"), "a web page");
  EXPECT_EQ(name_of("\xff\xfe"
                    "a\0b\0"s),
            "text in UTF-16");
  EXPECT_EQ(name_of("a,b\n1,2\n"), "text");
  EXPECT_EQ(name_of("\x08\x08\x12\x07pytorch and more"), "an ONNX model");
}

TEST(FileType, VeilsOwn) {
  EXPECT_EQ(name_of("veil/proof/1 and more"), "a proof of Veil");
  EXPECT_EQ(name_of("veil/file/1\x02 and more"), "a verifier's key of Veil");
  EXPECT_NE(name_of("veil/file/0\x01 and more").find("another version"), std::string::npos);
}

TEST(FileType, ShortAndUnknownFilesAreNoTrouble) {
  EXPECT_EQ(name_of(""), "empty");
  EXPECT_EQ(name_of("\x01\x02"), "");
  for (std::size_t size = 0; size < 40; ++size) {
    name_of(std::string(size, '\0'));
    name_of(("PK\x03\x04" + std::string(size, '\0')));
    name_of(std::string("\x80\x04\x08\x08\x12").substr(0, size % 6));
  }
  EXPECT_EQ(it_is(as_bytes("\x01\x02")), "");
  EXPECT_EQ(it_is(as_bytes("text")), ": it is text");
}

}  // namespace
}  // namespace veil
