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
        /// Connections without traffic are closed after so long.
        public var idleTimeoutSeconds = 120
    }

    public struct Log: Sendable, Hashable {
        /// One of `trace`, `debug`, `info`, `notice`, `warning`, `error`, `critical`.
        public var level = "info"
        /// `text` for people, `json` for machines: one object a line.
        public var format = "text"
    }

    public struct Tables: Sendable, Hashable {
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

    public var engine = Engine()
    public var tables = Tables()
    public var server = Server()
    public var log = Log()

    public init() {}
}
