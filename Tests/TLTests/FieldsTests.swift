import Testing

@testable import TL

@Suite struct FieldsTests {
    @Test func the_order_of_fields_says_nothing() {
        let one = TLObject("message", ["id": 1, "date": 2, "from_scheduled": true])
        let other = TLObject("message", ["from_scheduled": true, "date": 2, "id": 1])
        #expect(one == other)
        #expect(Set([one, other]).count == 1)
        #expect(one != TLObject("message", ["id": 1, "date": 2]))
        #expect(one != TLObject("message", ["id": 1, "date": 3, "from_scheduled": true]))
        // As many, of other names.
        #expect(one != TLObject("message", ["id": 1, "edit_date": 2, "from_scheduled": true]))
    }

    @Test func a_field_is_set_replaced_and_taken_away() {
        var object = TLObject("message", ["id": 1, "date": nil])
        #expect(object.fields.keys == ["id"])
        object["id"] = 2
        object["date"] = 3
        object["views"] = nil
        #expect(object.fields.count == 2 && object["id"]?.int == 2 && object["date"]?.int == 3)
        // The same length and beginning.
        #expect(object["data"] == nil)
        object["id"] = nil
        #expect(object.fields.keys == ["date"])
        #expect(TLFields(dictionaryLiteral: ("id", 1), ("id", 2)).count == 1)
        #expect(TLFields(["id": 1, "date": 2]) == ["date": 2, "id": 1])
    }
}
