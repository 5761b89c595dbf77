from api.testing.plugin import virtual_gateway, virtual_home

__all__ = ["virtual_gateway", "virtual_home"]
