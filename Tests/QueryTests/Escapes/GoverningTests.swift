import Base
import Catalog
import Query
import Testing

@Suite struct GoverningTests {
    @Test func rowsAreFilteredAndColumnsMaskedForEverybodyButTheLocalOwner() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT id, name, ssn, pay, extra.code FROM staff ORDER BY id",
            [
                #"[1,"amy","***",null,"***"]"#, #"[2,"bob","***",null,"***"]"#,
                #"[3,"cid","***",null,"***"]"#, #"[4,"dan","***",null,"***"]"#,
            ])
        #expect(try await lake.owner("SELECT count(*) FROM staff WHERE ssn LIKE '%SECRET'") == ["[8]"])
    }
}
