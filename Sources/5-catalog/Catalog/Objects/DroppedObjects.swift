/// What went with a schema or a catalog that was dropped, where files are left to remove.
package struct DroppedObjects: Hashable, Sendable {
    package var tables: [TableEntry] = []
    package var volumes: [VolumeEntry] = []
    package var models: [ModelEntry] = []

    package init(tables: [TableEntry] = [], volumes: [VolumeEntry] = [], models: [ModelEntry] = []) {
        self.tables = tables
        self.volumes = volumes
        self.models = models
    }

    package var isEmpty: Bool { tables.isEmpty && volumes.isEmpty && models.isEmpty }

    mutating func append(_ other: DroppedObjects) {
        tables += other.tables
        volumes += other.volumes
        models += other.models
    }
}
