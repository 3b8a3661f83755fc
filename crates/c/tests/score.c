/* Tries the C interface on one model: score MODEL ROWS MARGINS. The files hold doubles: rows, and the margins that they must come to. */
#include "sapwood.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s; last error: %s\n", __FILE__, __LINE__, #condition, sapwood_error());           \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define MARGIN SAPWOOD_OUTPUT_MARGIN

static unsigned char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    long end = ftell(file);
    CHECK(end >= 0 && fseek(file, 0, SEEK_SET) == 0);
    unsigned char *bytes = malloc((size_t)end + 1);
    CHECK(bytes != NULL && fread(bytes, 1, (size_t)end, file) == (size_t)end);
    fclose(file);
    *length = (size_t)end;
    return bytes;
}

/* Everything that is tried with one model. */
typedef struct {
    const SapwoodModel *model;
    const double *rows;
    const double *margins;
    size_t num_rows, num_features, num_outputs;
} Case;

static void check_margins(const Case *c, const double *found) {
    CHECK(memcmp(found, c->margins, c->num_rows * c->num_outputs * sizeof(double)) == 0);
}

static void check_all_rows(const Case *c) {
    size_t length = c->num_rows * c->num_outputs;
    double *found = calloc(length, sizeof(double));
    CHECK(sapwood_predict(c->model, MARGIN, c->rows, c->num_rows, c->num_features, NULL, found, length) == SAPWOOD_STATUS_OK);
    check_margins(c, found);
    free(found);
}

static void check_row_by_row(const Case *c) {
    double *found = calloc(c->num_rows * c->num_outputs, sizeof(double));
    for (size_t i = 0; i < c->num_rows; i++) {
        CHECK(sapwood_predict(c->model, MARGIN, c->rows + i * c->num_features, 1, c->num_features, NULL,
                              found + i * c->num_outputs, c->num_outputs) == SAPWOOD_STATUS_OK);
    }
    check_margins(c, found);
    free(found);
}

/* The rows are floats by their values. */
static void check_floats(const Case *c) {
    size_t cells = c->num_rows * c->num_features, length = c->num_rows * c->num_outputs;
    float *rows = malloc(cells * sizeof(float));
    double *found = calloc(length, sizeof(double));
    for (size_t i = 0; i < cells; i++) rows[i] = (float)c->rows[i];
    CHECK(sapwood_predict_float(c->model, MARGIN, rows, c->num_rows, c->num_features, NULL, found, length) == SAPWOOD_STATUS_OK);
    check_margins(c, found);
    free(rows);
    free(found);
}

/* Once with every value but the missing ones, once with every value but the zeros. */
static void check_sparse(const Case *c, double absent) {
    size_t cells = c->num_rows * c->num_features, length = c->num_rows * c->num_outputs, entries = 0;
    int64_t *starts = malloc((c->num_rows + 1) * sizeof(int64_t));
    int32_t *features = malloc(cells * sizeof(int32_t));
    double *values = malloc(cells * sizeof(double)), *found = calloc(length, sizeof(double));
    starts[0] = 0;
    for (size_t i = 0; i < c->num_rows; i++) {
        /* From the last to the first: the order within a row does not matter. */
        for (size_t k = c->num_features; k-- > 0;) {
            double value = c->rows[i * c->num_features + k];
            if (isnan(absent) ? isnan(value) : value == 0.0) continue;
            features[entries] = (int32_t)k;
            values[entries++] = value;
        }
        starts[i + 1] = (int64_t)entries;
    }
    CHECK(sapwood_predict_csr(c->model, MARGIN, starts, features, values, entries, c->num_rows, c->num_features, absent, NULL,
                              found, length) == SAPWOOD_STATUS_OK);
    check_margins(c, found);

    features[0] = (int32_t)c->num_features;
    CHECK(sapwood_predict_csr(c->model, MARGIN, starts, features, values, entries, c->num_rows, c->num_features, absent, NULL,
                              found, length) == SAPWOOD_STATUS_INVALID_ROWS);
    CHECK(strstr(sapwood_error(), "row 0 has an entry of feature") != NULL);
    features[0] = -1;
    CHECK(sapwood_predict_csr(c->model, MARGIN, starts, features, values, entries, c->num_rows, c->num_features, absent, NULL,
                              found, length) == SAPWOOD_STATUS_INVALID_ROWS);
    features[0] = features[1] = 0;
    starts[1] = 2;
    CHECK(sapwood_predict_csr(c->model, MARGIN, starts, features, values, entries, 1, c->num_features, absent, NULL, found,
                              c->num_outputs) == SAPWOOD_STATUS_INVALID_ROWS);
    CHECK(strstr(sapwood_error(), "two entries of feature 0") != NULL);
    starts[1] = (int64_t)entries + 1;
    CHECK(sapwood_predict_csr(c->model, MARGIN, starts, features, values, entries, 1, c->num_features, absent, NULL, found,
                              c->num_outputs) == SAPWOOD_STATUS_INVALID_ROWS);
    free(starts);
    free(features);
    free(values);
    free(found);
}

/* Base margins take the place of the base score: they shift the sums of a row's leaves. */
static void check_base_margins(const Case *c) {
    double base[16] = {0}, found[16], moved[16];
    CHECK(c->num_outputs <= 16);
    CHECK(sapwood_predict(c->model, MARGIN, c->rows, 1, c->num_features, base, found, c->num_outputs) == SAPWOOD_STATUS_OK);
    for (size_t k = 0; k < c->num_outputs; k++) base[k] = 8.0;
    CHECK(sapwood_predict(c->model, MARGIN, c->rows, 1, c->num_features, base, moved, c->num_outputs) == SAPWOOD_STATUS_OK);
    for (size_t k = 0; k < c->num_outputs; k++) CHECK(fabs(moved[k] - found[k] - 8.0) < 1e-5);
}

/* What features contribute adds up to the margins, and what pairs of them do adds up to contributions. */
static void check_contributions(const Case *c) {
    size_t n = c->num_features + 1, outputs = c->num_outputs, each = outputs * n, columns;
    CHECK(sapwood_columns(c->model, SAPWOOD_OUTPUT_CONTRIBUTIONS, &columns) == SAPWOOD_STATUS_OK && columns == each);
    CHECK(sapwood_columns(c->model, SAPWOOD_OUTPUT_INTERACTIONS, &columns) == SAPWOOD_STATUS_OK && columns == each * n);
    double *parts = calloc(c->num_rows * each, sizeof(double)), *pairs = calloc(c->num_rows * each * n, sizeof(double));
    CHECK(sapwood_predict(c->model, SAPWOOD_OUTPUT_CONTRIBUTIONS, c->rows, c->num_rows, c->num_features, NULL, parts,
                          c->num_rows * each) == SAPWOOD_STATUS_OK);
    CHECK(sapwood_predict(c->model, SAPWOOD_OUTPUT_INTERACTIONS, c->rows, c->num_rows, c->num_features, NULL, pairs,
                          c->num_rows * each * n) == SAPWOOD_STATUS_OK);
    for (size_t i = 0; i < c->num_rows * outputs; i++) {
        double sum = 0.0;
        for (size_t k = 0; k < n; k++) sum += parts[i * n + k];
        /* Margins of models in single precision are rounded after each tree. */
        CHECK(fabs(sum - c->margins[i]) <= 1e-5 * (1.0 + fabs(sum)));
        for (size_t k = 0; k < n; k++) {
            double of_pairs = 0.0;
            for (size_t j = 0; j < n; j++) of_pairs += pairs[(i * n + k) * n + j];
            CHECK(fabs(of_pairs - parts[i * n + k]) <= 1e-9 * (1.0 + fabs(of_pairs)));
        }
    }
    free(parts);
    free(pairs);
}

static void check_outputs(const Case *c) {
    for (int output = SAPWOOD_OUTPUT_VALUE; output <= SAPWOOD_OUTPUT_LEAF; output++) {
        size_t columns = 0;
        SapwoodStatus status = sapwood_columns(c->model, output, &columns);
        bool of_classes = output == SAPWOOD_OUTPUT_PROBABILITY || output == SAPWOOD_OUTPUT_CLASS;
        if (of_classes && sapwood_num_classes(c->model) == 0) {
            CHECK(status == SAPWOOD_STATUS_INVALID_OUTPUT);
            continue;
        }
        CHECK(status == SAPWOOD_STATUS_OK);
        double *found = calloc(c->num_rows * columns + 1, sizeof(double));
        CHECK(sapwood_predict(c->model, output, c->rows, c->num_rows, c->num_features, NULL, found, c->num_rows * columns) ==
              SAPWOOD_STATUS_OK);
        for (size_t i = 0; i < c->num_rows * columns; i++) {
            if (output == SAPWOOD_OUTPUT_PROBABILITY) CHECK(found[i] >= 0.0 && found[i] <= 1.0);
            if (output == SAPWOOD_OUTPUT_CLASS) CHECK(found[i] < (double)sapwood_num_classes(c->model));
            if (output == SAPWOOD_OUTPUT_LEAF) CHECK(found[i] == floor(found[i]) && found[i] >= 0.0);
        }
        free(found);
    }
}

static void check_schema(const Case *c) {
    const SapwoodModel *model = c->model;
    CHECK(sapwood_feature_name(model, c->num_features) == NULL && sapwood_feature_type(model, c->num_features) == NULL);
    for (size_t k = 0; k < c->num_features; k++) {
        CHECK(strlen(sapwood_feature_name(model, k)) > 0);
        size_t levels = sapwood_num_levels(model, k);
        CHECK((levels > 0) == (strcmp(sapwood_feature_type(model, k), "categorical") == 0));
        CHECK(sapwood_level(model, k, levels) == NULL);
        double code = -1.0;
        for (size_t i = 0; i < levels; i++) {
            CHECK(sapwood_level_code(model, k, sapwood_level(model, k, i), &code) == SAPWOOD_STATUS_OK && code == (double)i);
        }
        CHECK(sapwood_level_code(model, k, "no such level", &code) == SAPWOOD_STATUS_INVALID_ROWS);
        CHECK(strlen(sapwood_error()) > 0);
    }
}

static void check_refusals(const Case *c, const char *path) {
    SapwoodModel *none = (SapwoodModel *)&none;
    CHECK(sapwood_load_file("/no/such/file", &none) == SAPWOOD_STATUS_IO && none == NULL);
    CHECK(strstr(sapwood_error(), "/no/such/file") != NULL);
    CHECK(sapwood_load_file(NULL, &none) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_load_file("\xff", &none) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_load_file(path, NULL) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_load_memory((const uint8_t *)"no model", 8, &none) == SAPWOOD_STATUS_INVALID_MODEL && none == NULL);
    CHECK(sapwood_load_memory(NULL, 8, &none) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_load_memory(NULL, 0, &none) == SAPWOOD_STATUS_INVALID_MODEL);

    double found[16], code;
    size_t n = c->num_features, k = c->num_outputs, columns;
    CHECK(sapwood_predict(NULL, MARGIN, c->rows, 1, n, NULL, found, k) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_predict(c->model, MARGIN, NULL, 1, n, NULL, found, k) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_predict(c->model, MARGIN, c->rows, 1, n, NULL, NULL, k) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_predict(c->model, MARGIN, c->rows, 1, n, NULL, found, k + 1) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_predict(c->model, MARGIN, c->rows, 1, n + 1, NULL, found, k) == SAPWOOD_STATUS_INVALID_ROWS);
    CHECK(sapwood_predict(c->model, 99, c->rows, 1, n, NULL, found, k) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_predict(c->model, MARGIN, c->rows, SIZE_MAX / 2, n, NULL, found, k) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_predict(c->model, MARGIN, NULL, 0, n, NULL, NULL, 0) == SAPWOOD_STATUS_OK);
    const char *askew = (const char *)c->rows + 1;
    CHECK(sapwood_predict(c->model, MARGIN, (const double *)(const void *)askew, 1, n, NULL, found, k) ==
          SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_columns(NULL, MARGIN, &columns) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_columns(c->model, MARGIN, NULL) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_level_code(NULL, 0, "a", &code) == SAPWOOD_STATUS_INVALID_ARGUMENT);
    CHECK(sapwood_num_features(NULL) == 0 && sapwood_num_outputs(NULL) == 0 && sapwood_feature_name(NULL, 0) == NULL);
    sapwood_free(NULL);
}

static void *in_thread(void *argument) {
    const Case *c = argument;
    for (int i = 0; i < 20; i++) {
        check_all_rows(c);
        check_row_by_row(c);
    }
    /* Errors are each thread's own. */
    CHECK(strlen(sapwood_error()) == 0);
    return NULL;
}

static void check_threads(Case *c) {
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) CHECK(pthread_create(&threads[i], NULL, in_thread, c) == 0);
    for (int i = 0; i < 8; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

int main(int argc, char **argv) {
    CHECK(argc == 4);
    size_t model_length, rows_length, margins_length;
    unsigned char *bytes = read_file(argv[1], &model_length);
    unsigned char *rows = read_file(argv[2], &rows_length), *margins = read_file(argv[3], &margins_length);

    SapwoodModel *of_file, *of_memory;
    CHECK(sapwood_load_file(argv[1], &of_file) == SAPWOOD_STATUS_OK);
    CHECK(sapwood_load_memory(bytes, model_length, &of_memory) == SAPWOOD_STATUS_OK);
    free(bytes);
    SapwoodModel *models[] = {of_file, of_memory};
    for (int i = 0; i < 2; i++) {
        Case c = {.model = models[i], .rows = (const double *)(const void *)rows, .margins = (const double *)(const void *)margins};
        c.num_features = sapwood_num_features(c.model);
        c.num_outputs = sapwood_num_outputs(c.model);
        c.num_rows = margins_length / sizeof(double) / c.num_outputs;
        CHECK(c.num_rows > 0 && c.num_rows * c.num_features * sizeof(double) == rows_length);
        check_all_rows(&c);
        check_row_by_row(&c);
        check_floats(&c);
        check_sparse(&c, NAN);
        check_sparse(&c, 0.0);
        check_base_margins(&c);
        check_outputs(&c);
        check_contributions(&c);
        check_schema(&c);
        check_refusals(&c, argv[1]);
        check_threads(&c);
    }
    CHECK(strcmp(sapwood_version(), "") != 0);
    sapwood_free(of_file);
    sapwood_free(of_memory);
    free(rows);
    free(margins);
    puts("ok");
    return 0;
}
