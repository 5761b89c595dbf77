"""Virtual homes for anybody's tests: an opt-in plugin for pytest.

    pytest_plugins = ["api.testing.plugin"]            # in conftest.py

    def test_a_night_with_little_oxygen_is_told(virtual_home):
        home = virtual_home("copd")
        home.lives(hours=3)
        home.happens("low-oxygen")
        home.lives(hours=1)
        assert home.alert("spo2-low")

It stands in `api`, the room of doors, because it brings gateway and simulators together, which
neither may do itself. `life.py` is what a home does, `home.py` a gateway without broker and
threads, `whole.py` a whole one with its broker; nothing but `plugin.py` knows pytest.
"""
