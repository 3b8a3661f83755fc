/* How long does one row take? Scores the rows of a file one by one through the C interface of a library, as often as it is told, and prints
   for each pass the nanoseconds a row, and the sum of the predictions.

   single_row lightgbm|xgboost|sapwood LIBRARY MODEL ROWS FEATURES PASSES        ROWS: floats in native order, row by row */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t features;

/* A row is given as the library takes it best: floats or doubles. */
static double *doubles;

static void fail(const char *what) {
    fprintf(stderr, "single_row: %s\n", what);
    exit(1);
}

static void *symbol(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found) fail(dlerror());
    return found;
}

static void widen(const float *row) {
    for (size_t i = 0; i < features; i++) doubles[i] = row[i];
}

/* LightGBM */

static int (*fast)(void *, const void *, int64_t *, double *);
static void *config;

static void prepare_lightgbm(void *library, const char *path) {
    enum { DOUBLES = 1, FLOATS = 0, NORMAL = 0, ALL = -1 };
    int (*load)(const char *, int *, void **) = symbol(library, "LGBM_BoosterCreateFromModelfile");
    int (*init)(void *, int, int, int, int, int32_t, const char *, void **) =
        symbol(library, "LGBM_BoosterPredictForMatSingleRowFastInit");
    fast = symbol(library, "LGBM_BoosterPredictForMatSingleRowFast");
    int rounds;
    void *model;
    if (load(path, &rounds, &model) || init(model, NORMAL, 0, ALL, DOUBLES, features, "num_threads=1", &config)) fail(path);
}

static double score_lightgbm(const float *row) {
    int64_t length;
    double value;
    widen(row);
    if (fast(config, doubles, &length, &value)) fail("LightGBM does not score");
    return value;
}

/* XGBoost */

static int (*from_dense)(void *, const char *, const char *, void *, const uint64_t **, uint64_t *, const float **);
static void *booster, *proxy;
static float *floats;
static char interface[200];

static void prepare_xgboost(void *library, const char *path) {
    int (*create)(const void **, uint64_t, void **) = symbol(library, "XGBoosterCreate");
    int (*load)(void *, const char *) = symbol(library, "XGBoosterLoadModel");
    int (*set)(void *, const char *, const char *) = symbol(library, "XGBoosterSetParam");
    int (*create_proxy)(void **) = symbol(library, "XGProxyDMatrixCreate");
    from_dense = symbol(library, "XGBoosterPredictFromDense");
    floats = malloc(features * sizeof *floats);
    if (create(NULL, 0, &booster) || load(booster, path) || set(booster, "nthread", "1") || create_proxy(&proxy)) fail(path);
    snprintf(interface, sizeof interface, "{\"data\": [%zu, true], \"shape\": [1, %zu], \"typestr\": \"<f4\", \"version\": 3}",
             (size_t)floats, features);
}

static double score_xgboost(const float *row) {
    static const char settings[] = "{\"type\": 0, \"iteration_begin\": 0, \"iteration_end\": 0, \"strict_shape\": false,"
                                   " \"cache_id\": 0, \"missing\": NaN}";
    const uint64_t *shape;
    uint64_t dimensions;
    const float *values;
    memcpy(floats, row, features * sizeof *row);
    if (from_dense(booster, interface, settings, proxy, &shape, &dimensions, &values)) fail("XGBoost does not score");
    return values[0];
}

/* Sapwood */

static int (*predict)(const void *, int, const double *, size_t, size_t, const double *, double *, size_t);
static void *model;

static void prepare_sapwood(void *library, const char *path) {
    int (*load)(const char *, void **) = symbol(library, "sapwood_load_file");
    predict = symbol(library, "sapwood_predict");
    if (load(path, &model)) fail(path);
}

static double score_sapwood(const float *row) {
    enum { VALUE = 0 };
    double value;
    widen(row);
    if (predict(model, VALUE, doubles, 1, features, NULL, &value, 1)) fail("Sapwood does not score");
    return value;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*prepare)(void *, const char *);
        double (*score)(const float *);
    } all[] = {{"lightgbm", prepare_lightgbm, score_lightgbm},
               {"xgboost", prepare_xgboost, score_xgboost},
               {"sapwood", prepare_sapwood, score_sapwood}};
    if (argc != 7) fail("give LIBRARY-NAME LIBRARY MODEL ROWS FEATURES PASSES");
    size_t at = 0;
    while (at < 3 && strcmp(all[at].name, argv[1])) at++;
    if (at == 3) fail("it knows lightgbm, xgboost and sapwood");
    features = strtoul(argv[5], NULL, 10);
    doubles = malloc(features * sizeof *doubles);
    FILE *file = fopen(argv[4], "rb");
    if (!file || fseek(file, 0, SEEK_END)) fail(argv[4]);
    size_t rows = ftell(file) / sizeof(float) / features;
    float *values = malloc(rows * features * sizeof *values);
    rewind(file);
    if (fread(values, sizeof *values, rows * features, file) != rows * features) fail(argv[4]);
    void *library = dlopen(argv[2], RTLD_NOW);
    if (!library) fail(dlerror());
    all[at].prepare(library, argv[3]);
    for (long pass = 0; pass < atol(argv[6]); pass++) {
        struct timespec begin, end;
        double sum = 0;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        for (size_t row = 0; row < rows; row++) sum += all[at].score(values + row * features);
        clock_gettime(CLOCK_MONOTONIC, &end);
        printf("%.1f %.9g\n", ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / rows, sum);
    }
    return 0;
}
