from .toys import registry
def test_x(): assert registry
