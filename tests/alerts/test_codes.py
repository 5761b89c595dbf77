from gateway.alerts.codes import ALPHABET, BASE, code_of, normal


def test_no_two_numbers_share_a_code_also_beyond_the_first_length():
    codes = [code_of(number) for number in range(1, BASE**4 + 5_000)]
    assert len(set(codes)) == len(codes)
    assert {len(code) for code in codes} == {4, 5}


def test_no_sign_looks_like_another():
    assert not set(ALPHABET) & set("0OQ1IL5S8BUZ") - {"Q"}
    assert "0" not in ALPHABET


def test_neighbours_look_different():
    assert len({code_of(number)[0] for number in range(1, 30)}) > 5


def test_what_is_typed_is_forgiven():
    assert normal(" k7 q2") == "K7Q2"
