// swift-tools-version: 6.2
import PackageDescription

// The manifest is the map: one target a room, folders are layers, and a room may import only what is listed here.
// docs/architecture.md tells what each room is for; scripts/check-layers holds the arrows downwards.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// `testable` opens a room's inside to its tests, which are built with optimisation like everything else.
func room(
    _ layer: String, _ name: String, may: [Target.Dependency], testable: Bool = false,
    linker: [LinkerSetting] = []
) -> Target {
    .target(
        name: name, dependencies: may, path: "Sources/\(layer)/\(name)",
        swiftSettings: strict + (testable ? [.unsafeFlags(["-enable-testing"])] : []),
        linkerSettings: linker)
}

func tests(
    _ name: String, may: [Target.Dependency], linker: [LinkerSetting] = []
) -> Target {
    .testTarget(
        name: name, dependencies: may, path: "Tests/\(name)", swiftSettings: strict, linkerSettings: linker)
}

// SwiftPM takes no rpath from a .pc file. `$ORIGIN` is already in the executable's search path, so an installed
// copy with libduckdb.so beside it needs none.
let duckdbSearchPath: [LinkerSetting] = [
    .unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", "\(Context.packageDirectory)/.deps/duckdb/lib"])
]

let package = Package(
    name: "tarn",
    products: [
        .executable(name: "tarn", targets: ["tarn"]),
        .library(name: "Lakehouse", targets: ["Lakehouse"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.0"),
        // Without its default traits: no configuration library, no second Foundation.
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    ],
    targets: [
        // MARK: 0 base
        .systemLibrary(name: "CDuckDB", path: "Sources/0-base/CDuckDB", pkgConfig: "duckdb"),
        .systemLibrary(name: "CLMDB", path: "Sources/0-base/CLMDB", pkgConfig: "lmdb"),
        .systemLibrary(name: "CPostgres", path: "Sources/0-base/CPostgres", pkgConfig: "libpq"),
        // Errors, identifiers, clock and random sources, JSON, threads for blocking calls.
        room("0-base", "Base", may: []),
        // Types, schemas, values, filters, statistics.
        room("0-base", "TableModel", may: ["Base"]),

        // MARK: 1 stores
        // Bytes by name: local files, memory.
        room("1-stores", "ObjectStore", may: ["Base"]),
        // The latest row of each entity, in LMDB.
        room("1-stores", "OnlineStore", may: ["Base", "CLMDB"]),
        // Small facts in SQLite or PostgreSQL: transactions, migrations.
        room(
            "1-stores", "Metastore",
            may: ["Base", "CPostgres", .product(name: "GRDB", package: "GRDB.swift")]),

        // MARK: 2 engine
        // DuckDB: sessions on threads of their own, column vectors, parameters, bulk loading.
        room("2-engine", "Engine", may: ["Base", "TableModel", "CDuckDB"]),

        // MARK: 3 formats
        // The Delta protocol: bytes of the log to values and back. No disk, no SQL, no clock.
        room("3-formats", "DeltaLake", may: ["Base", "TableModel"]),
        // Iceberg's metadata: its JSON, Avro files, manifests. No disk, no SQL, no clock.
        room("3-formats", "Iceberg", may: ["Base", "TableModel"]),
        // MARK: 4 tables
        // Open, scan, write, checkpoint: joins the formats to engine and store.
        room(
            "4-tables", "Tables",
            may: ["Base", "TableModel", "ObjectStore", "Engine", "DeltaLake", "Iceberg"]),

        // MARK: 5 catalog
        // What exists and where, who may do what with it: securables, principals, grants, policies, tags.
        room(
            "5-catalog", "Catalog",
            may: ["Base", "Metastore", .product(name: "Crypto", package: "swift-crypto")]),
        // Who asks: tokens, JWT of an OIDC provider and its keys.
        room(
            "5-catalog", "Identity",
            may: [
                "Base", "Metastore", "Catalog", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ]),
        // What came from what: datasets, columns, jobs, runs; OpenLineage's events.
        room("5-catalog", "Lineage", may: ["Base", "TableModel", "Metastore", "Catalog"]),
        // Who did what with which result: a chain of hashes, kept as a Delta table.
        room(
            "5-catalog", "Audit",
            may: [
                "Base", "TableModel", "ObjectStore", "Engine", "DeltaLake", "Tables", "Metastore", "Catalog",
                .product(name: "Crypto", package: "swift-crypto"),
            ], testable: true),
        // SQL over the catalog's tables: parse, resolve, prune, run.
        room(
            "5-catalog", "Query",
            may: ["Base", "TableModel", "ObjectStore", "Engine", "DeltaLake", "Tables", "Catalog"]),

        // MARK: 6 capabilities
        // Feature definitions, point-in-time joins, training sets, materialisation, online serving.
        room(
            "6-capabilities", "FeatureStore",
            may: [
                "Base", "TableModel", "Engine", "OnlineStore", "Metastore", "DeltaLake", "Tables", "Catalog",
                "Query", .product(name: "Yams", package: "Yams"),
            ]),

        // MARK: 8 product
        // The facade that a Swift program imports, the settings, the home folder: the one place that wires rooms together.
        room(
            "8-product", "Lakehouse",
            may: [
                "Base", "TableModel", "Metastore", "ObjectStore", "OnlineStore", "Engine", "DeltaLake",
                "Tables",
                "Catalog", "Identity", "Lineage", "Audit", "Query", "FeatureStore",
                .product(name: "Yams", package: "Yams"),
            ]),
        // HTTP, one folder a wire protocol, each a thin translation to the rooms below.
        room(
            "8-product", "LakehouseServer",
            may: [
                "Base", "TableModel", "Engine", "DeltaLake", "Tables", "Catalog", "Identity", "Lineage",
                "Audit",
                "Query", "FeatureStore", "Lakehouse",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], testable: true),
        // What a person at a terminal sees: aligned tables, progress, and the line editor.
        room("8-product", "Terminal", may: ["Base"]),

        // MARK: 9 tools
        // The command line: main and commands only.
        .executableTarget(
            name: "tarn",
            dependencies: [
                "Base", "TableModel", "Engine", "DeltaLake", "Tables", "Catalog", "Identity", "Lineage",
                "Audit",
                "Query", "FeatureStore", "Lakehouse", "LakehouseServer", "Terminal",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/9-tools/tarn", swiftSettings: strict, linkerSettings: duckdbSearchPath),

        // MARK: Testing
        // Faulty store, contract suites, temporary folders: for tests only.
        room("testing", "LakehouseTesting", may: ["Base", "ObjectStore", "OnlineStore", "Metastore"]),
        // Jobs in a process of their own, for tests that kill one or run two.
        .executableTarget(
            name: "StoreWorker", dependencies: ["Base", "OnlineStore", "Metastore", "Catalog"],
            path: "Sources/testing/StoreWorker", swiftSettings: strict),

        // MARK: Tests
        tests(
            "LakehouseServerTests",
            may: [
                "Base", "Audit", "Catalog", "FeatureStore", "Identity", "Lakehouse", "LakehouseServer",
                "LakehouseTesting", .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ], linker: duckdbSearchPath),
        tests("TerminalTests", may: ["Base", "Terminal"]),
        tests(
            "LakehouseTests",
            may: [
                "Base", "TableModel", "Engine", "Query", "FeatureStore", "Metastore", "Lakehouse",
                "LakehouseTesting", .product(name: "GRDB", package: "GRDB.swift"),
            ], linker: duckdbSearchPath),
        tests("BaseTests", may: ["Base"]),
        tests(
            "FeatureStoreTests",
            may: [
                "Base", "TableModel", "Engine", "OnlineStore", "Metastore", "Tables", "Catalog", "Query",
                "FeatureStore",
                "LakehouseTesting",
            ], linker: duckdbSearchPath),
        tests(
            "TablesTests",
            may: ["Base", "TableModel", "ObjectStore", "Engine", "DeltaLake", "Tables", "LakehouseTesting"],
            linker: duckdbSearchPath),
        tests("DeltaLakeTests", may: ["Base", "TableModel", "DeltaLake"]),
        tests("IcebergTests", may: ["Base", "TableModel", "Iceberg"]),
        tests("TableModelTests", may: ["Base", "TableModel"]),
        tests("ObjectStoreTests", may: ["Base", "ObjectStore", "LakehouseTesting"]),
        tests(
            "QueryTests",
            may: [
                "Base", "TableModel", "Engine", "Query", "Tables", "Catalog", "Metastore", "LakehouseTesting",
            ], linker: duckdbSearchPath),
        tests("EngineTests", may: ["Base", "TableModel", "Engine"], linker: duckdbSearchPath),
        tests(
            "MetastoreTests",
            may: [
                "Base", "Metastore", "LakehouseTesting", .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        tests("CatalogTests", may: ["Base", "Metastore", "Catalog", "LakehouseTesting", "StoreWorker"]),
        tests(
            "IdentityTests",
            may: [
                "Base", "Metastore", "Catalog", "Identity", "LakehouseTesting",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        tests("LineageTests", may: ["Base", "Metastore", "Catalog", "Lineage", "LakehouseTesting"]),
        tests(
            "AuditTests",
            may: [
                "Base", "TableModel", "ObjectStore", "Engine", "Tables", "Metastore", "Catalog", "Audit",
                "LakehouseTesting",
            ], linker: duckdbSearchPath),
        tests("OnlineStoreTests", may: ["Base", "OnlineStore", "LakehouseTesting", "StoreWorker"]),
    ],
    swiftLanguageModes: [.v6]
)
