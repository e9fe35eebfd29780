// NPY, NPZ and JSON.
#include <gtest/gtest.h>
#include <zip.h>

#include <cmath>
#include <cstring>
#include <random>

#include "data/data.h"
#include "data/files.h"
#include "data/npy.h"
#include "data/npz.h"
#include "data/test_folder.h"

namespace veil {
namespace {

using Values = std::vector<double>;

template <class T>
std::string npy(const std::string& type, const std::string& shape, const std::vector<T>& numbers,
                const char* fortran = "False") {
  std::string header = "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
  std::string out = std::string("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(header.size() & 255);
  out += static_cast<char>(header.size() >> 8);
  out += header;
  out.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T));
  return out;
}

Result<Array> parse(const std::string& bytes) { return read_npy(as_bytes(bytes), "FILE"); }

template <class T>
void expect_type(const std::string& type) {
  const auto array = parse(npy<T>(type, "(2,)", {static_cast<T>(1), static_cast<T>(-1)}));
  ASSERT_TRUE(array.ok()) << array.error().message;
  EXPECT_EQ(array->data, (Values{1, static_cast<double>(static_cast<T>(-1))})) << type;
}

TEST(Npy, ElementTypes) {
  expect_type<float>("<f4");
  expect_type<double>("<f8");
  expect_type<std::int8_t>("|i1");
  expect_type<std::int16_t>("<i2");
  expect_type<std::int32_t>("<i4");
  expect_type<std::int64_t>("<i8");
  expect_type<std::uint8_t>("|u1");
  expect_type<std::uint16_t>("<u2");
  expect_type<std::uint32_t>("<u4");
  expect_type<std::uint64_t>("<u8");
  EXPECT_EQ(parse(npy<std::uint8_t>("|b1", "(2,)", {0, 1}))->data, (Values{0, 1}));
  for (const char* type : {">f4", "<f2", "<c8", "|O", "<U4", "", "f4"}) {
    const auto refused = parse(npy<double>(type, "(1,)", {1}));
    ASSERT_FALSE(refused.ok()) << type;
    EXPECT_NE(refused.error().message.find("FILE has the element type '" + std::string(type) + "'"), std::string::npos);
  }
}

TEST(Npy, ShapesAndOrders) {
  EXPECT_EQ(parse(npy<double>("<f8", "()", {7}))->shape, GraphShape{});
  EXPECT_EQ(parse(npy<double>("<f8", "(2, 0)", {}))->data, Values{});
  const auto fortran = parse(npy<double>("<f8", "(2, 3)", {1, 4, 2, 5, 3, 6}, "True"));
  EXPECT_EQ(fortran->shape, (GraphShape{2, 3}));
  EXPECT_EQ(fortran->data, (Values{1, 2, 3, 4, 5, 6}));
}

TEST(Npy, DamageGivesASentence) {
  const std::string good = npy<double>("<f8", "(2,)", {1, 2});
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(parse(good.substr(0, size)).ok()) << size;
  EXPECT_FALSE(parse(npy<double>("<f8", "(99999999999,)", {1})).ok());
  EXPECT_FALSE(parse(npy<double>("<f8", "(1000000,)", {1})).ok());
  EXPECT_FALSE(parse(npy<double>("<f8", "(-1,)", {1})).ok());
  EXPECT_FALSE(parse("a,b\n1,2\n").ok());
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    static_cast<void>(parse(bytes).ok());
  }
}

// A row of (1, 2, 2); the batch axis of 1 may be left out.
TEST(Npy, RowsOfAnInput) {
  const TestFolder folder;
  const std::vector<InputSpec> inputs{{"X", {1, 2, 2}, {}}};
  const Values numbers{1, 2, 3, 4, 5, 6, 7, 8};
  for (const char* shape : {"(2, 2, 2)", "(2, 1, 2, 2)"}) {
    const auto data = read_data(folder.write("d.npy", npy<double>("<f8", shape, numbers)), inputs);
    ASSERT_TRUE(data.ok()) << data.error().message;
    EXPECT_EQ(data->rows, 2u);
    EXPECT_EQ(data->inputs[0].values, numbers);
    EXPECT_EQ(data->inputs[0].shape, (GraphShape{1, 2, 2}));
  }
  const auto one = read_data(folder.write("d.npy", npy<float>("<f4", "(1, 2, 2)", {1, 2, 3, 4})), inputs);
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one->rows, 1u);
  const auto path = folder.write("d.npy", npy<double>("<f8", "(2, 4)", numbers));
  const auto wrong = read_data(path, inputs);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().message, "'" + path.string() + "' has the shape (2, 4); input 'X' needs (rows, 2, 2).");
  EXPECT_FALSE(read_data(folder.write("d.npy", npy<double>("<f8", "(0, 2, 2)", {})), inputs).ok());
  EXPECT_FALSE(read_data(path, {inputs[0], {"Y", {1, 4}, {}}}).ok());
}

TEST(Npy, FixedBatch) {
  const TestFolder folder;
  const std::vector<InputSpec> inputs{{"X", {3, 2}, {}}};
  const Values numbers{1, 2, 3, 4, 5, 6};
  for (const char* shape : {"(3, 2)", "(1, 3, 2)"}) {
    const auto data = read_data(folder.write("d.npy", npy<double>("<f8", shape, numbers)), inputs);
    ASSERT_TRUE(data.ok()) << data.error().message;
    EXPECT_EQ(data->rows, 1u);
  }
  EXPECT_FALSE(read_data(folder.write("d.npy", npy<double>("<f8", "(1, 2)", {1, 2})), inputs).ok());
}

TEST(Npy, NanIsNamed) {
  const TestFolder folder;
  const auto path = folder.write("d.npy", npy<double>("<f8", "(2, 2)", {1, 2, 3, std::nan("")}));
  const auto data = read_data(path, {{"X", {1, 2}, {}}});
  ASSERT_FALSE(data.ok());
  EXPECT_EQ(data.error().message, "'" + path.string() +
                                      "' has no value (NaN) in row 2 for element (0, 1) of input 'X', with which the "
                                      "model calculates; give it one.");
  EXPECT_TRUE(read_data(folder.write("d.npy", npy<double>("<f8", "(1, 2)", {HUGE_VAL, 2})), {{"X", {1, 2}, {}}}).ok());
}

void add_to_archive(zip* archive, const std::string& name, const std::string& bytes, zip_int32_t method) {
  zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
  const zip_int64_t index = zip_file_add(archive, name.c_str(), source, 0);
  ASSERT_GE(index, 0);
  ASSERT_EQ(zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 0), 0);
}

std::filesystem::path write_npz(const TestFolder& folder) {
  auto path = folder.path() / "d.npz";
  zip* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  const std::string x = npy<double>("<f8", "(2, 2)", {1, 2, 3, 4});
  const std::string y = npy<std::int64_t>("<i8", "(2, 1)", {5, 6});
  const std::string text = npy<double>("<U1", "(2,)", {5, 6});
  add_to_archive(archive, "X.npy", x, ZIP_CM_DEFLATE);
  add_to_archive(archive, "y.npy", y, ZIP_CM_STORE);
  add_to_archive(archive, "text.npy", text, ZIP_CM_STORE);
  EXPECT_EQ(zip_close(archive), 0);
  return path;
}

TEST(Npz, ArraysByName) {
  const TestFolder folder;
  const auto path = write_npz(folder);
  const auto data = read_data(path, {{"y", {1, 1}, {}}, {"X", {1, 2}, {}}});
  ASSERT_TRUE(data.ok()) << data.error().message;
  EXPECT_EQ(data->inputs[0].values, (Values{5, 6}));
  EXPECT_EQ(data->inputs[1].values, (Values{1, 2, 3, 4}));
  EXPECT_EQ(*read_label_column(path, "y"), (std::vector<Label>{5.0, 6.0}));
  EXPECT_FALSE(read_label_column(path, "X").ok());
  const std::string where = "'" + path.string() + "'";
  const auto missing = read_data(path, {{"z", {1, 1}, {}}});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message, where + " has no array 'z'; it has 'X', 'y', 'text'.");
  const auto shape = read_data(path, {{"X", {1, 3}, {}}});
  ASSERT_FALSE(shape.ok());
  EXPECT_EQ(shape.error().message, "Array 'X' of " + where + " has the shape (2, 2); input 'X' needs (rows, 3).");
}

TEST(Npz, DamageGivesASentence) {
  const TestFolder folder;
  const auto good = read_file(write_npz(folder));
  ASSERT_TRUE(good.ok());
  const auto use = [](const Bytes& bytes) {
    const auto archive = NpzArchive::open(bytes, "FILE");
    return archive.ok() && archive->read("X").ok() && archive->read("y").ok();
  };
  EXPECT_TRUE(use(*good));
  for (std::size_t size = 0; size < good->size(); ++size)
    EXPECT_FALSE(use(Bytes(good->begin(), good->begin() + static_cast<std::ptrdiff_t>(size))));
  std::mt19937 random(1);
  for (int round = 0; round < 5000; ++round) {
    Bytes bytes = *good;
    bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    static_cast<void>(use(bytes));
  }
}

struct Outcome {
  std::string message;
  Values values;
  std::size_t rows = 0;
};

Outcome read_json(const std::string& text, const std::vector<InputSpec>& inputs) {
  const TestFolder folder;
  const auto path = folder.write("d.json", text);
  const auto data = read_data(path, inputs);
  if (!data.ok()) {
    std::string message = data.error().message;
    const std::string where = "'" + path.string() + "'";
    if (const auto at = message.find(where); at != std::string::npos) message.replace(at, where.size(), "FILE");
    return {message, {}, 0};
  }
  Outcome out{"", {}, data->rows};
  for (const InputArray& input : data->inputs)
    out.values.insert(out.values.end(), input.values.begin(), input.values.end());
  return out;
}

const std::vector<InputSpec> kPair{{"X", {1, 2}, {}}};
const std::vector<InputSpec> kTwo{{"X", {1, 2}, {}}, {"Y", {1}, {}}};
const std::vector<InputSpec> kImage{{"X", {1, 1, 2, 2}, {}}};

TEST(Json, NestedLists) {
  EXPECT_EQ(read_json("[[1, 2], [3, -4e1]]", kPair).values, (Values{1, 2, 3, -40}));
  EXPECT_EQ(read_json("[[[true, 2]], [[3, 4]]]", kPair).rows, 2u);
  EXPECT_EQ(read_json("[[[[1, 2], [3, 4]]]]", kImage).values, (Values{1, 2, 3, 4}));
}

TEST(Json, ByName) {
  EXPECT_EQ(read_json(R"({"Y": [5, 6], "X": [[1, 2], [3, 4]], "other": "text"})", kTwo).values,
            (Values{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(read_json(R"([{"X": [1, 2], "Y": 5}, {"X": [3, 4], "Y": 6}])", kTwo).values, (Values{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(read_json(R"({"X": [[1, 2]]})", kTwo).message, "FILE has no entry for the model's input 'Y'.");
  EXPECT_EQ(read_json(R"([{"X": [1, 2], "Y": 5}, {"Y": 6}])", kTwo).message,
            "FILE, row 2, has no entry for the model's input 'X'.");
  EXPECT_EQ(read_json(R"({"X": [[1, 2]], "Y": [5, 6]})", kTwo).message,
            "FILE has 1 rows of input 'X' but 2 of input 'Y'.");
}

TEST(Json, InputDataOfEzkl) {
  EXPECT_EQ(read_json(R"({"input_data": [[1, 2, 3, 4]]})", kImage).values, (Values{1, 2, 3, 4}));
  EXPECT_EQ(read_json(R"({"input_data": [[1, 2], [5]]})", kTwo).values, (Values{1, 2, 5}));
  const Outcome rows = read_json(R"({"input_data": [[1, 2, 3, 4], [5, 6, 7, 8]]})", kImage);
  EXPECT_EQ(rows.rows, 2u);
  EXPECT_EQ(read_json(R"({"input_data": [[[[[1, 2], [3, 4]]]]]})", kImage).values, (Values{1, 2, 3, 4}));
  EXPECT_EQ(read_json(R"({"input_data": [[1, 2, 3]]})", kImage).message,
            "FILE, input 'X', has the shape (1, 3); input 'X' needs (rows, 1, 2, 2).");
  EXPECT_EQ(read_json(R"({"input_data": [[1, 2]]})", kTwo).message,
            "FILE: 'input_data' must be a list with one list of numbers for each of the model's 2 inputs.");
}

TEST(Json, InputDataForInputsThatAreNotNeeded) {
  const TestFolder folder;
  const auto path = folder.write("d.json", R"({"input_data": [[9, 9], [1, 2]]})");
  const auto data = read_data(path, kPair, {{}, false, {"unneeded", "X"}});
  ASSERT_TRUE(data.ok()) << data.error().message;
  EXPECT_EQ(data->inputs[0].values, (Values{1, 2}));
}

TEST(Json, BadFilesGiveASentence) {
  EXPECT_EQ(read_json("", kPair).message, "FILE is empty.");
  EXPECT_EQ(read_json("[[1, 2]", kPair).message.find("FILE is no JSON file: it goes wrong at line 1"), 0u);
  EXPECT_EQ(read_json("[[1, NaN]]", kPair).message.find("FILE is no JSON file"), 0u);
  EXPECT_EQ(read_json("[[1, 1e999]]", kPair).message.find("FILE is no JSON file"), 0u);
  EXPECT_EQ(read_json("[[1, \"two\"]]", kPair).message, "FILE has 'two' where a number is needed, at number 2.");
  EXPECT_EQ(read_json("[[1, null]]", kPair).message,
            "FILE has no value (NaN) in row 1 for element (0, 1) of input 'X', with which the model calculates; give "
            "it one.");
  EXPECT_EQ(read_json("[[1, 2], [3]]", kPair).message, "FILE is a nested list whose parts have different lengths.");
  EXPECT_EQ(read_json("[[1, 2], [3, [4]]]", kPair).message, "FILE has a list where a number is needed, at number 4.");
  EXPECT_EQ(read_json("[]", kPair).message, "FILE holds no rows.");
  EXPECT_EQ(read_json("[[]]", kPair).message, "FILE holds no rows.");
  EXPECT_EQ(read_json("7", kPair).message, "FILE holds neither lists nor an object of lists.");
  EXPECT_EQ(read_json("[[1, 2]]", kTwo).message.find("FILE holds one nested list, but the model has 2 inputs"), 0u);
  EXPECT_EQ(read_json("[1, 2]", kPair).message, "FILE has the shape (2); input 'X' needs (rows, 2).");
  EXPECT_EQ(read_json(std::string(20, '[') + std::string(20, ']'), kPair).message, "FILE is nested too deeply.");
  EXPECT_FALSE(read_json(std::string(100000, '['), kPair).message.empty());
}

TEST(Json, Labels) {
  const TestFolder folder;
  EXPECT_EQ(*read_label_column(folder.write("d.json", R"({"y": [1, "b", true]})"), "y"),
            (std::vector<Label>{1.0, "b", 1.0}));
  EXPECT_EQ(*read_label_column(folder.write("e.json", R"([{"y": 1}, {"y": 2}])"), "y"), (std::vector<Label>{1.0, 2.0}));
  EXPECT_FALSE(read_label_column(folder.write("f.json", R"([[1], [2]])"), "y").ok());
  EXPECT_FALSE(read_label_column(folder.write("g.json", R"({"y": [null]})"), "y").ok());
  EXPECT_FALSE(read_label_column(folder.write("g.npy", ""), "y").ok());
}

TEST(Data, UnknownEndingAndMissingFile) {
  const TestFolder folder;
  EXPECT_NE(read_data(folder.write("d.xlsx", ""), kPair).error().message.find("save it as .csv"), std::string::npos);
  EXPECT_NE(read_data("-", kPair).error().message.find("standard input"), std::string::npos);
  const auto path = folder.write("d.dat", "a,b\n1,2\n");
  const auto unknown = read_data(path, kPair);
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("its name must end in .csv, .npy, .npz or .json."), std::string::npos);
  const auto missing = read_data(folder.path() / "none.csv", kPair);
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("there is no such file."), std::string::npos);
  EXPECT_TRUE(csv_labels(folder.path() / "none.npy")->empty());
}

}  // namespace
}  // namespace veil
