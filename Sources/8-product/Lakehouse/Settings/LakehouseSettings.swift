/// How a lakehouse runs: limits of the engine, address and limits of the server, logging.
///
/// Each setting comes from the first of these that has it: the call itself (`--set`, other flags), the environment
/// (`TARN_ENGINE_THREADS`), the home's `tarn.yaml`, the default.
///
/// ```swift
/// var settings = LakehouseSettings()
/// settings.engine.memoryLimit = "2GB"
/// let lake = try await Lakehouse.open("lakehouse", settings: settings)
/// ```
public struct LakehouseSettings: Sendable, Hashable {
    public struct Engine: Sendable, Hashable {
        /// The most memory that queries may take together, for example `4GB`; `nil` is 80 % of the machine's.
        public var memoryLimit: String?
        /// Threads that queries share; `nil` is one a core.
        public var threads: Int?
        /// Where queries that outgrow the memory put their overflow; `nil` is `cache` in the home.
        ///
        /// Each process has a folder of its own in it.
        public var spillFolder: String?
        /// Statements that run at the same time; more wait.
        public var connections = 4
    }

    public struct Server: Sendable, Hashable {
        public var host = "127.0.0.1"
        /// 0 takes any free port.
        public var port = 8080
        /// Larger request bodies are refused with status 413.
        public var bodyLimitBytes = 16 << 20
        /// Statements over HTTP are cancelled after so long.
        public var statementTimeoutSeconds = 3600
        /// Results of finished statements are kept so long.
        public var resultRetentionSeconds = 3600
        /// Requests a second of one principal; 0 for no limit, `nil` for none where only the local owner asks.
        public var rateLimit: Int?
        /// A new connection's first head, and each body, must be there after so long.
        public var requestTimeoutSeconds = 60
        /// Requests that are no statements are answered with an error after so long.
        public var handlerTimeoutSeconds = 600
        /// Connections at the same time; more wait to be accepted.
        public var maximumConnections = 1000
        /// Connections without traffic are closed after so long.
        public var idleTimeoutSeconds = 120
    }

    /// Defaults for new tables, over which CREATE TABLE goes, and switches for all tables.
    public struct Tables: Sendable, Hashable {
        /// New tables mark deleted rows instead of writing files anew (`delta.enableDeletionVectors`).
        ///
        /// Off, since writers that lack the feature (deltalake, for one) refuse such tables.
        public var deletionVectors = false
        /// New tables record what changes (`delta.enableChangeDataFeed`).
        public var changeDataFeed = false
        /// New tables give each row an id that it keeps (`delta.enableRowTracking`).
        public var rowTracking = false
        /// New tables join small files after writes (`delta.autoOptimize.autoCompact`).
        public var autoCompaction = false
        /// New tables get fewer, larger files from each write (`delta.autoOptimize.optimizeWrite`).
        public var optimizedWrites = false
        /// Whether small files are joined after writes where a table's properties ask for it.
        public var fileCompaction = true
        /// Whether checkpoints are written when they are due (table property `delta.checkpointInterval`).
        public var checkpoints = true
        /// Whether log files past their retention go after a checkpoint; each table can refuse with
        /// `delta.enableExpiredLogCleanup`.
        public var logCleanup = true
        /// Whether each commit is followed by its version checksum, a `.crc` file.
        public var checksums = true
        /// So many commits each are also written as one compacted log file; 0 writes none.
        public var logCompactionInterval = 0
    }

    /// Who may call the server.
    public struct Authentication: Sendable, Hashable {
        /// `none`: every request without a token acts as the local owner; `required`: every request needs one.
        public var mode = "none"
        /// Tokens that are given in exchange for other credentials live so long.
        public var sessionSeconds = 3600
        public var oidc = OIDC()

        /// The identity provider whose JWTs are taken.
        public struct OIDC: Sendable, Hashable {
            /// `nil` takes no JWTs.
            public var issuer: String?
            public var audience: String?
            /// A URL or a file; `nil` asks the issuer where its keys are.
            public var jwks: String?
            public var principalClaim = "sub"
            public var groupsClaim: String?
            public var leewaySeconds = 60
            /// Whether somebody whom the provider knows and Tarn does not becomes a user.
            public var createsUsers = false
        }
    }

    /// What is recorded of what is done.
    public struct Audit: Sendable, Hashable {
        /// `on`, `off`, or `auto`: on wherever callers must show who they are (`auth.mode`).
        public var mode = "auto"
        /// How much of a statement is kept: `off`, `normalized` (with `?` for every literal) or `full`.
        public var statementText = "normalized"
        /// Journals go into the table of events after so long.
        public var flushIntervalSeconds = 60
    }

    /// TLS of the server: both or none.
    public struct TLS: Sendable, Hashable {
        /// A file with the chain of certificates, PEM.
        public var certificate: String?
        /// A file with the private key, PEM.
        public var key: String?
    }

    public struct Metastore: Sendable, Hashable {
        /// `postgresql://user@host:port/database?schema=tarn`; `nil` is `metastore.sqlite` in the home.
        ///
        /// A password may stand in it, but is better kept in `PGPASSWORD` or `~/.pgpass`.
        public var url: String?
    }

    public struct Log: Sendable, Hashable {
        /// One of `trace`, `debug`, `info`, `notice`, `warning`, `error`, `critical`.
        public var level = "info"
        /// `text` for people, `json` for machines: one object a line.
        public var format = "text"
    }

    public var engine = Engine()
    public var tables = Tables()
    public var server = Server()
    public var auth = Authentication()
    public var audit = Audit()
    public var tls = TLS()
    public var metastore = Metastore()
    public var log = Log()

    public init() {}
}
